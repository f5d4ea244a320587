import Verifiers

/// The sealed credentials of all managed integrations, one by one.
@ControlPlane
struct IntegrationValues: SealedValues {
    static nonisolated let scripts: [RedisScript] = [.integrationReseal]

    /// How many integrations Redis looks at for a page; it may show some more, or none.
    private static let integrationsAPage = 100

    let connection: RedisConnection
    let keys: ControlKeys

    func page(after cursor: String?) async throws(RedisFailure) -> SealedPage {
        let reply = try await connection.command([
            "HSCAN", .text(keys.integrations), .text(cursor ?? "0"), "COUNT", .integer(Int64(Self.integrationsAPage)),
        ])
        guard let parts = reply.elements, parts.count == 2, let next = parts[0].string else {
            throw .unexpectedReply("HSCAN without a cursor")
        }
        var values: [StoredSealedValue] = []
        for (text, value) in parts[1].fields {
            guard let id = Integration.ID(text),
                let integration = value.bytes.flatMap({ Integration(id: id, stored: $0) })
            else { continue }
            for (name, credential) in integration.credentials {
                guard let sealed = SealedValue(credential.sealed) else { continue }
                values.append(StoredSealedValue(context: integration.vaultContext(of: name), sealed: sealed))
            }
        }
        return SealedPage(values: values, next: next == "0" ? nil : next)
    }

    func replace(_ value: StoredSealedValue, with sealed: SealedValue) async throws(RedisFailure) -> Bool {
        guard let name = Integration.credentialName(of: value.context) else { return false }
        var call = ScriptCall(
            .integrationReseal, keys: [keys.integrations, keys.integrationsVersion, keys.integrationChanges])
        call.add(value.context.integration)
        call.add(Integration.sealedMember(name, value.sealed))
        call.add(Integration.sealedMember(name, sealed))
        return try await connection.evaluate(call).integer == 1
    }
}

extension Integration {
    /// The credential that a context is for; nil when it is for something else.
    fileprivate static func credentialName(of context: VaultContext) -> String? {
        let prefix = "credentials."
        return context.field.hasPrefix(prefix) ? String(context.field.dropFirst(prefix.count)) : nil
    }

    /// How a credential begins in what is kept (`stored`).
    fileprivate static func sealedMember(_ name: String, _ sealed: SealedValue) -> [UInt8] {
        var inner = JSONLine()
        inner.add("sealed", sealed.text)
        var outer = JSONLine()
        outer.add(name, json: inner.bytes)
        return Array(outer.bytes.dropFirst())
    }
}

extension RedisScript {
    /// Puts another sealed text in the place of one credential's and counts the change, so that processes read the
    /// integration anew; its version stays.
    ///
    /// KEYS: integrations · count of changes · id by the change that concerned it last.
    /// ARGV: id · how the credential begins in the record · how it is to begin. Answers 1; 0 when it does not.
    static let integrationReseal = RedisScript(
        name: "integrationReseal",
        source: #"""
            local record = redis.call('HGET', KEYS[1], ARGV[1])
            if not record then return 0 end
            local first, last = string.find(record, ARGV[2], 1, true)
            if not first then return 0 end
            redis.call('HSET', KEYS[1], ARGV[1], string.sub(record, 1, first - 1) .. ARGV[3] .. string.sub(record, last + 1))
            redis.call('ZADD', KEYS[3], redis.call('INCR', KEYS[2]), ARGV[1])
            return 1
            """#
    )
}

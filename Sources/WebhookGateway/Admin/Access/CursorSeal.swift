import Verifiers

/// Makes a tenant's cursors of use to nobody but the gateway: a search goes over everybody's events, so where it has come
/// to may be at another tenant's.
///
/// Sealed by AES-256-GCM under a key that all processes share (`cursors:key`), for one tenant and one list.
@ControlPlane
struct CursorSeal {
    let connection: RedisConnection
    let keys: ControlKeys

    /// - Parameter list: what is paged; a cursor leads nowhere in another list.
    func seal(_ position: String, tenant: String, list: StaticString) async throws(RedisFailure) -> String {
        let sealed = AES256GCM.seal(
            SecretBytes(Array(position.utf8)), key: try await key(), associated: Self.associated(tenant, list))
        return String(decoding: Base64.encode(sealed[...], alphabet: .urlSafe, padded: false), as: UTF8.self)
    }

    /// Nil for what this tenant was not given for this list.
    func open(_ text: String, tenant: String, list: StaticString) async throws(RedisFailure) -> String? {
        guard let sealed = Base64.decode(Array(text.utf8)[...], alphabet: .urlSafe) else { return nil }
        return AES256GCM.open(sealed[...], key: try await key(), associated: Self.associated(tenant, list))
            .map { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }

    private static func associated(_ tenant: String, _ list: StaticString) -> [UInt8] {
        Array("\(tenant)\n\(list)".utf8)
    }

    /// The key; made by whoever needs it first.
    private func key() async throws(RedisFailure) -> SecretBytes {
        let fresh = EntropySource.bytes(AES256GCM.keyLength)
        let replies = try await connection.pipeline([
            ["SET", .text(keys.cursorKey), .bytes(fresh), "NX"], ["GET", .text(keys.cursorKey)],
        ])
        guard let bytes = replies[1].bytes, bytes.count == AES256GCM.keyLength else {
            throw .unexpectedReply("\(keys.cursorKey) holds no key of 32 bytes; delete it, a new one is made")
        }
        return SecretBytes(bytes)
    }
}

extension AdminRequest {
    /// Where a list that goes over all tenants' things is to go on.
    @ControlPlane
    func position<Value>(
        in list: StaticString, _ services: AdminServices, _ parse: (String) -> Value?
    ) async throws -> Value? {
        guard let tenant = principal.tenant else { return try cursor(parse) }
        guard let sealed = try cursor({ $0 }) else { return nil }
        let text = try await services.cursors.open(sealed, tenant: tenant, list: list)
        // Read as a cursor that nobody gave, whatever is wrong with it.
        return try cursor { _ in text.flatMap(parse) }
    }

    /// What the answer says as `next`.
    @ControlPlane
    func next(
        _ position: (some CustomStringConvertible)?, in list: StaticString, _ services: AdminServices
    ) async throws -> String? {
        guard let tenant = principal.tenant, let position else { return position?.description }
        return try await services.cursors.seal(position.description, tenant: tenant, list: list)
    }
}

import Verifiers

/// What an exchange of data keys did.
struct RekeyReport: Sendable {
    /// Values that were sealed anew.
    var resealed = 0
    /// Values that the new data keys had sealed already.
    var unchanged = 0
    /// Values that stay as they are, and why.
    var failures: [(context: VaultContext, error: VaultError)] = []
    /// Old data keys that nothing was sealed under any more.
    var removed = 0
}

extension Vault {
    /// How long an old data key stays after its successor was made: a process may hold a value that it sealed under it
    /// and has not stored yet.
    static nonisolated let graceMilliseconds: Int64 = 3_600_000

    /// Gives each tenant a new data key and seals all values anew.
    ///
    /// Which version a tenant's values are to have is noted in the store until all have it. What an interrupted run has
    /// done is done: the next one goes on with the same keys.
    ///
    /// - Parameter progress: told after each page of values.
    /// - Throws: what concerns all values: the store or the master key is away.
    func rekey(
        _ values: some SealedValues, progress: @ControlPlane (RekeyReport) -> Void = { _ in }
    ) async throws(VaultError) -> RekeyReport {
        var report = RekeyReport()
        let targets = try await rekeyTargets()
        var used: Set<DataKeyName> = []
        var cursor: String?
        repeat {
            let start = cursor
            let page = try await storing { () async throws(RedisFailure) in try await values.page(after: start) }
            for value in page.values {
                guard let target = targets[value.context.tenant], value.sealed.keyVersion < target else {
                    report.unchanged += 1
                    continue
                }
                do throws(VaultError) {
                    try await reseal(value, in: values)
                    report.resealed += 1
                } catch {
                    if error.isTemporary { throw error }
                    report.failures.append((value.context, error))
                    used.insert(DataKeyName(tenant: value.context.tenant, version: value.sealed.keyVersion))
                }
            }
            progress(report)
            cursor = page.next
        } while cursor != nil
        report.removed = try await removeOldKeys(before: targets, except: used)
        if report.failures.isEmpty {
            try await storing { () async throws(RedisFailure) in try await store.endRekey() }
        }
        return report
    }

    /// The version that each tenant's values are to have: of the run that was interrupted, or a new one.
    private func rekeyTargets() async throws(VaultError) -> [String: Int] {
        var targets = try await storing { () async throws(RedisFailure) in try await store.rekeyTargets() }
        let tenants = try await storing { () async throws(RedisFailure) in try await store.tenants() }
        for tenant in tenants where targets[tenant] == nil {
            let current = try await storing { () async throws(RedisFailure) in try await store.current(of: tenant) }
            let target = (current ?? 0) + 1
            // When another process was quicker, there is a new key all the same.
            _ = try await makeKey(DataKeyName(tenant: tenant, version: target))
            try await storing { () async throws(RedisFailure) in try await store.setRekeyTarget(target, of: tenant) }
            targets[tenant] = target
        }
        return targets
    }

    private func reseal(_ value: StoredSealedValue, in values: some SealedValues) async throws(VaultError) {
        let plain = try await open(value.sealed, value.context)
        let sealed = try await seal(plain, value.context)
        // False: it was changed meanwhile, and thereby sealed under the new key.
        _ = try await storing { () async throws(RedisFailure) in try await values.replace(value, with: sealed) }
    }

    private func removeOldKeys(before targets: [String: Int], except used: Set<DataKeyName>) async throws(VaultError)
        -> Int
    {
        var removed = 0
        let end = Clock.unixMilliseconds() - Self.graceMilliseconds
        for (tenant, target) in targets {
            let entries = try await storing { () async throws(RedisFailure) in try await store.entries(of: tenant) }
            for (entry, successor) in zip(entries, entries.dropFirst()) {
                guard entry.name.version < target, !used.contains(entry.name),
                    let supersededAt = successor.record?.createdAt, supersededAt < end
                else { continue }
                if try await storing({ () async throws(RedisFailure) in try await store.remove(entry.name) }) {
                    removed += 1
                }
            }
        }
        return removed
    }
}

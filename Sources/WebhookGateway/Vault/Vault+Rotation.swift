import Verifiers

/// What a rotation of the master key did.
struct RotationReport: Sendable {
    /// The current master key; nil when there are no data keys, and nobody had to be asked.
    var master: String?
    /// Data keys that the current master key wraps now and did not before.
    var rewrapped = 0
    /// Data keys that it had wrapped already, in an earlier run or as new ones.
    var unchanged = 0
    /// Data keys that stay as they are, and why.
    var failures: [(name: DataKeyName, error: VaultError)] = []
}

extension Vault {
    /// Wraps all data keys anew by the current master key; values stay as they are, and processes go on opening them.
    ///
    /// Each data key is replaced in one step that asks whether it is still the one that was read. What an interrupted
    /// run has done is done: the next one goes on with the rest.
    ///
    /// - Parameter progress: told after each data key.
    /// - Throws: what concerns all keys: the store or the master key is away.
    func rewrap(
        progress: @ControlPlane (RotationReport) -> Void = { _ in }
    ) async throws(VaultError) -> RotationReport {
        var report = RotationReport()
        let tenants = try await storing { () async throws(RedisFailure) in try await store.tenants() }
        if tenants.isEmpty { return report }
        let master = try await currentMaster()
        report.master = master
        for tenant in tenants {
            for entry in try await storing({ () async throws(RedisFailure) in try await store.entries(of: tenant) }) {
                if entry.record?.wrapped.master == master {
                    report.unchanged += 1
                    continue
                }
                do throws(VaultError) {
                    if try await rewrap(entry) { report.rewrapped += 1 } else { report.unchanged += 1 }
                } catch {
                    if error.isTemporary { throw error }
                    report.failures.append((entry.name, error))
                }
                progress(report)
            }
        }
        return report
    }

    /// What the current master key is called; a key management service may have to be asked.
    private func currentMaster() async throws(VaultError) -> String {
        do throws(MasterKeyFailure) {
            return try await masterKeys.current.identity()
        } catch {
            throw .masterKey(error)
        }
    }

    /// False when another process has replaced or removed the key meanwhile.
    private func rewrap(_ entry: DataKeyStore.Entry) async throws(VaultError) -> Bool {
        guard let record = entry.record else {
            throw .damagedDataKey(tenant: entry.name.tenant, version: entry.name.version)
        }
        let key = try await masterKeys.unwrap(record.wrapped, entry.name)
        let wrapped: WrappedKey
        do throws(MasterKeyFailure) {
            wrapped = try await masterKeys.current.wrap(key, entry.name)
        } catch {
            throw .masterKey(error)
        }
        let new = DataKeyRecord(wrapped, createdAt: record.createdAt, wrappedAt: Clock.unixMilliseconds())
        return try await storing { () async throws(RedisFailure) in
            try await store.replace(entry.stored, with: new, entry.name)
        }
    }

    /// Runs work on the store; its failure becomes the vault's.
    func storing<Value>(
        _ work: @ControlPlane () async throws(RedisFailure) -> Value
    ) async throws(VaultError) -> Value {
        do throws(RedisFailure) {
            return try await work()
        } catch {
            throw .store(error)
        }
    }
}

import Verifiers

/// Keeps credentials encrypted in the store: AES-256-GCM, each value bound to its tenant, integration and field.
///
/// ```
/// master key (host or KMS) ──wraps──▶ data key of a tenant ──AES-256-GCM──▶ value of a field
/// vault.key, vault.kms                 {control}:vault:keys:<tenant>         SealedValue, kept by the caller
/// ```
///
/// A process has one vault for each link to the store; all share the keys there. What `open` returns is wiped when its
/// last reference goes: hold it as short as possible, and copy nothing out that is not needed.
@ControlPlane
final class Vault {
    static nonisolated let scripts = DataKeyStore.scripts
    /// The longest value, in bytes.
    static nonisolated let longestValue = 64 * 1024
    /// How often a data key is used: with random nonces of 96 bits NIST SP 800-38D §8.3 allows 2^32 times; a quarter
    /// of that leaves a chance of less than 2^-36 that two nonces ever coincide.
    static nonisolated let mostUses: Int64 = 1 << 30
    /// Some 1.5 MB at most.
    private static let mostCachedKeys = 16_384
    /// How many keys are unwrapped at once: a service far away takes its time for each.
    private static let unwrappedAtOnce = 16
    /// Processes that make a first key at the same moment outrun each other; none loses more often than there are others.
    private static let attempts = 16

    let store: DataKeyStore
    private(set) var masterKeys: MasterKeys
    private let mostUses: Int64
    private let cache: DataKeyCache
    private var making: [String: Task<VaultError?, Never>] = [:]
    private var unwrapping: [DataKeyName: Task<Result<SecretBytes, VaultError>, Never>] = [:]

    /// - Parameters:
    ///   - connection: has `Vault.scripts` among its scripts.
    ///   - keyLife: how long a data key stays in memory.
    ///   - mostUses: how often a data key is used before it is replaced.
    init(
        connection: RedisConnection, keys: ControlKeys, masterKeys: MasterKeys, keyLife: Duration = .seconds(300),
        mostUses: Int64 = Vault.mostUses
    ) {
        store = DataKeyStore(connection: connection, keys: keys)
        self.masterKeys = masterKeys
        self.mostUses = mostUses
        cache = DataKeyCache(life: keyLife, capacity: Self.mostCachedKeys)
    }

    /// Takes up the master keys of a configuration that was reloaded.
    func use(_ masterKeys: MasterKeys) {
        self.masterKeys = masterKeys
        cache.removeAll()
    }

    /// Forgets all data keys, which wipes them, and closes the link to the store.
    func close() {
        cache.removeAll()
        store.connection.stop()
    }

    // MARK: Sealing and opening

    /// Encrypts a value for one place; what it answers is kept there.
    func seal(_ plain: SecretBytes, _ context: VaultContext) async throws(VaultError) -> SealedValue {
        guard plain.count <= Self.longestValue else { throw .tooLong(plain.count) }
        let (name, key) = try await currentKey(of: context.tenant)
        return SealedValue(
            keyVersion: name.version,
            bytes: AES256GCM.seal(plain, key: key, associated: Self.associated(context, name.version)))
    }

    /// Decrypts what was sealed for that place.
    func open(_ sealed: SealedValue, _ context: VaultContext) async throws(VaultError) -> SecretBytes {
        let key = try await key(DataKeyName(tenant: context.tenant, version: sealed.keyVersion))
        return try Self.open(sealed, context, key)
    }

    /// Decrypts many values with one look into the store, each for itself: one that does not open stops no other.
    func open(_ values: [(sealed: SealedValue, context: VaultContext)]) async -> [Result<SecretBytes, VaultError>] {
        let keys = await keys(
            Set(values.map { DataKeyName(tenant: $0.context.tenant, version: $0.sealed.keyVersion) }))
        return values.map { sealed, context in
            let name = DataKeyName(tenant: context.tenant, version: sealed.keyVersion)
            guard let key = keys[name] else {
                return .failure(.unknownDataKey(tenant: name.tenant, version: name.version))
            }
            return key.flatMap { key in
                Result { () throws(VaultError) in try Self.open(sealed, context, key) }
            }
        }
    }

    private static func open(
        _ sealed: SealedValue, _ context: VaultContext, _ key: SecretBytes
    ) throws(VaultError) -> SecretBytes {
        let associated = associated(context, sealed.keyVersion)
        guard let plain = AES256GCM.open(sealed.bytes[...], key: key, associated: associated) else {
            throw .notAuthentic(context)
        }
        return plain
    }

    private static func associated(_ context: VaultContext, _ version: Int) -> [UInt8] {
        var data = AssociatedData("webhook-gateway value")
        data.add(context.tenant)
        data.add(context.integration)
        data.add(context.field)
        data.add(String(version))
        return data.bytes
    }

    // MARK: Data keys

    /// The key that seals a tenant's values now, of which a use has been counted.
    private func currentKey(of tenant: String) async throws(VaultError) -> (DataKeyName, SecretBytes) {
        for _ in 0..<Self.attempts {
            let current: DataKeyStore.Current
            do throws(RedisFailure) {
                current = try await store.use(tenant, limit: mostUses)
            } catch {
                throw .store(error)
            }
            switch current {
            case .key(let version, let stored):
                let name = DataKeyName(tenant: tenant, version: version)
                return (name, try await key(name, stored: stored))
            case .none: try await addKey(after: 0, tenant)
            case .usedUp(let version): try await addKey(after: version, tenant)
            }
        }
        throw .store(.unexpectedReply("the data key of tenant \(tenant) changes all the time"))
    }

    /// Makes the tenant's next data key; those who ask at the same time share one.
    private func addKey(after version: Int, _ tenant: String) async throws(VaultError) {
        if let task = making[tenant] {
            if let error = await task.value { throw error }
            return
        }
        let task = Task { @ControlPlane () -> VaultError? in
            defer { making[tenant] = nil }
            do throws(VaultError) {
                _ = try await makeKey(DataKeyName(tenant: tenant, version: version + 1))
                return nil
            } catch {
                return error
            }
        }
        making[tenant] = task
        if let error = await task.value { throw error }
    }

    /// Makes a data key and puts it in force; false when another process put one there first.
    func makeKey(_ name: DataKeyName) async throws(VaultError) -> Bool {
        let made: (key: SecretBytes, wrapped: WrappedKey)
        do throws(MasterKeyFailure) {
            made = try await masterKeys.current.makeDataKey(name)
        } catch {
            throw .masterKey(error)
        }
        let now = Clock.unixMilliseconds()
        do throws(RedisFailure) {
            let isOurs = try await store.add(DataKeyRecord(made.wrapped, createdAt: now, wrappedAt: now), name)
            if isOurs { cache.put(made.key, name) }
            return isOurs
        } catch {
            throw .store(error)
        }
    }

    private func key(_ name: DataKeyName) async throws(VaultError) -> SecretBytes {
        if let key = cache.key(name) { return key }
        let stored: [UInt8]?
        do throws(RedisFailure) {
            stored = try await store.stored([name])[0]
        } catch {
            throw .store(error)
        }
        guard let stored else { throw .unknownDataKey(tenant: name.tenant, version: name.version) }
        return try await key(name, stored: stored)
    }

    /// The keys of these names, or why there is none; names that the store does not know are left out.
    private func keys(_ names: Set<DataKeyName>) async -> [DataKeyName: Result<SecretBytes, VaultError>] {
        var keys: [DataKeyName: Result<SecretBytes, VaultError>] = [:]
        var missing: [DataKeyName] = []
        for name in names {
            if let key = cache.key(name) { keys[name] = .success(key) } else { missing.append(name) }
        }
        let records: [[UInt8]?]
        do throws(RedisFailure) {
            records = try await store.stored(missing)
        } catch {
            for name in missing { keys[name] = .failure(.store(error)) }
            return keys
        }
        var rest = zip(missing, records).makeIterator()
        await withTaskGroup(of: (DataKeyName, Result<SecretBytes, VaultError>).self) { group in
            func addNext() -> Bool {
                while let (name, stored) = rest.next() {
                    guard let stored else { continue }
                    group.addTask { (name, await self.result(name, stored: stored)) }
                    return true
                }
                return false
            }
            var started = 0
            while started < Self.unwrappedAtOnce, addNext() { started += 1 }
            for await (name, result) in group {
                keys[name] = result
                _ = addNext()
            }
        }
        return keys
    }

    private func result(_ name: DataKeyName, stored: [UInt8]) async -> Result<SecretBytes, VaultError> {
        do throws(VaultError) {
            return .success(try await key(name, stored: stored))
        } catch {
            return .failure(error)
        }
    }

    /// Unwraps what the store keeps of a key, once however many ask for it.
    private func key(_ name: DataKeyName, stored: [UInt8]) async throws(VaultError) -> SecretBytes {
        if let key = cache.key(name) { return key }
        if let task = unwrapping[name] { return try await task.value.get() }
        let task = Task { @ControlPlane () -> Result<SecretBytes, VaultError> in
            defer { unwrapping[name] = nil }
            do throws(VaultError) {
                guard let record = DataKeyRecord(stored: stored) else {
                    throw .damagedDataKey(tenant: name.tenant, version: name.version)
                }
                let key = try await masterKeys.unwrap(record.wrapped, name)
                cache.put(key, name)
                return .success(key)
            } catch {
                return .failure(error)
            }
        }
        unwrapping[name] = task
        return try await task.value.get()
    }
}

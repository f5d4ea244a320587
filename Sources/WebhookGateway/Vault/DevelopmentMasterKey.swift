import Glibc
import Verifiers

/// The master key of an installation that configures none: made in the data directory when it is first needed.
final class DevelopmentMasterKey: MasterKey {
    nonisolated static let fileName = "vault-key"

    private let directory: String
    private let made: @ControlPlane (_ path: String) -> Void
    private var key: LocalMasterKey?

    /// - Parameter made: told when the key has been made.
    init(in directory: String, made: @escaping @ControlPlane (_ path: String) -> Void) {
        self.directory = directory
        self.made = made
    }

    nonisolated static func path(in directory: String) -> String { "\(directory)/\(fileName)" }

    nonisolated static func exists(in directory: String) -> Bool { access(path(in: directory), F_OK) == 0 }

    func identity() throws(MasterKeyFailure) -> String { try loadOrMake().identity() }

    func mayHaveWrapped(_ master: String) -> Bool {
        // A file that cannot be read is told of by `unwrap`.
        do throws(MasterKeyFailure) {
            return try load()?.mayHaveWrapped(master) ?? false
        } catch {
            return master.hasPrefix("local:")
        }
    }

    func makeDataKey(_ name: DataKeyName) throws(MasterKeyFailure) -> (key: SecretBytes, wrapped: WrappedKey) {
        try loadOrMake().makeDataKey(name)
    }

    func wrap(_ key: SecretBytes, _ name: DataKeyName) throws(MasterKeyFailure) -> WrappedKey {
        try loadOrMake().wrap(key, name)
    }

    func unwrap(_ wrapped: WrappedKey, _ name: DataKeyName) throws(MasterKeyFailure) -> SecretBytes? {
        try load()?.unwrap(wrapped, name)
    }

    /// Nil when there is no file yet.
    private func load() throws(MasterKeyFailure) -> LocalMasterKey? {
        if let key { return key }
        let path = Self.path(in: directory)
        var text: [UInt8]
        do throws(SystemError) {
            text = try HostFile.read(path)
        } catch {
            if error.code == ENOENT { return nil }
            throw MasterKeyFailure(
                description:
                    "the vault's development key \(path) cannot be read (\(error)); make it readable for this user")
        }
        defer { SecretBytes.wipe(&text) }
        do throws(MasterKeyText.Unusable) {
            let loaded = LocalMasterKey(try MasterKeyText.read(text))
            key = loaded
            return loaded
        } catch {
            throw MasterKeyFailure(
                description:
                    "the vault's development key \(path) \(error); what was sealed under the old one opens only when that is restored from a copy"
            )
        }
    }

    private func loadOrMake() throws(MasterKeyFailure) -> LocalMasterKey {
        if let key = try load() { return key }
        let path = Self.path(in: directory)
        do throws(SystemError) {
            try HostFile.makeDirectory(directory)
            if try HostFile.create(path, Array("\(MasterKeyText.generate())\n".utf8)) { made(path) }
        } catch {
            throw MasterKeyFailure(
                description:
                    "the vault's development key \(path) cannot be made (\(error)); set vault.key, or a dataDirectory that this user may write"
            )
        }
        guard let key = try load() else {
            throw MasterKeyFailure(
                description: "the vault's development key \(path) vanished while it was read; try again")
        }
        return key
    }
}

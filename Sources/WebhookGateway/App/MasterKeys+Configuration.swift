import Verifiers

extension MasterKeys {
    /// The master keys that a configuration names; without any, a development key in the data directory.
    ///
    /// - Parameters:
    ///   - environment: where credentials of AWS may be.
    ///   - log: told when a development key is made, and what to do for production.
    @ControlPlane
    static func make(
        _ configuration: Configuration, environment: [String: String], log: Log
    ) throws -> MasterKeys {
        let vault = configuration.vault
        var previous: [any MasterKey] = []
        for key in vault.previousKeys { previous.append(LocalMasterKey(try MasterKeyText.read(key.bytes))) }
        let local = try vault.key.map { LocalMasterKey(try MasterKeyText.read($0.bytes)) }
        if let kms = vault.kms {
            let made = try KMSMasterKey.make(
                kms, environment: environment, client: HTTPClient(version: Version.number))
            previous += made.previous
            guard let local else { return MasterKeys(current: made.current, previous: previous) }
            return vault.current == .key
                ? MasterKeys(current: local, previous: [made.current] + previous)
                : MasterKeys(current: made.current, previous: [local] + previous)
        }
        guard let local else {
            let development = DevelopmentMasterKey(in: configuration.dataDirectory) { path in
                log.warning(
                    "the vault uses a development key",
                    ["file": .text(path), "remedy": .text(DevelopmentMasterKey.remedy)])
            }
            return MasterKeys(current: development, previous: previous)
        }
        return MasterKeys(current: local, previous: previous)
    }
}

extension DevelopmentMasterKey {
    /// What an operator does about it.
    nonisolated static let remedy =
        "for production make a key with `webhook-gateway keys generate`, keep it apart from Redis and its copies, and set vault.key to env:NAME or file:/path, or set vault.kms; then run `webhook-gateway keys rotate`"
}

extension Gateway {
    /// The vault, with a link of its own to the store: sealing and opening wait behind no list.
    func makeVault(_ redis: RedisSettings) throws -> Vault {
        let connection = RedisConnection(redis, scripts: Vault.scripts, loop: ControlPlane.loop)
        let vault = Vault(
            connection: connection, keys: ControlKeys(prefix: configuration.redis.prefix),
            masterKeys: try .make(configuration, environment: loader.environment, log: log),
            keyLife: .seconds(configuration.vault.dataKeySeconds))
        connection.start()
        if configuration.vault.key == nil, configuration.vault.kms == nil,
            DevelopmentMasterKey.exists(in: configuration.dataDirectory)
        {
            log.warning(
                "the vault uses a development key",
                [
                    "file": .text(DevelopmentMasterKey.path(in: configuration.dataDirectory)),
                    "remedy": .text(DevelopmentMasterKey.remedy),
                ])
        }
        return vault
    }
}

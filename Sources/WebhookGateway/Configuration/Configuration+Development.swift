extension Configuration {
    /// What runs without a configuration file: the four providers with secrets of this machine, and the console.
    static func development(_ secrets: DevelopmentSecrets) -> Configuration {
        var configuration = Configuration()
        let square = "http://127.0.0.1:\(configuration.listen.port)/webhooks/square"
        configuration.sources = [
            source("mailchimp", secrets.mailchimp), source("quickbooks", secrets.quickbooks),
            source("square", secrets.square, notificationURL: square), source("stripe", secrets.stripe),
        ]
        var console = DestinationConfiguration(name: "console")
        console.type = "console"
        configuration.destinations = [console]
        return configuration
    }

    private static func source(
        _ provider: String, _ secret: String, notificationURL: String? = nil
    ) -> SourceConfiguration {
        var source = SourceConfiguration(name: provider)
        source.provider = provider
        source.mapping = provider
        source.secrets = [Secret(origin: .generated, bytes: Array(secret.utf8))]
        source.notificationURL = notificationURL
        return source
    }
}

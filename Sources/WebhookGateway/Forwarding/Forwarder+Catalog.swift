extension Forwarder {
    /// A forwarder whose destinations come from the catalog and share one HTTP client.
    convenience init(_ configuration: Configuration, redis: RedisSettings, log: Log) throws(InvalidDestination) {
        let client = HTTPClient(version: Version.number)
        try self.init(configuration, redis: redis, log: log) { destination throws(InvalidDestination) in
            try DestinationCatalog.make(DestinationContext(destination, client: client))
        }
    }
}

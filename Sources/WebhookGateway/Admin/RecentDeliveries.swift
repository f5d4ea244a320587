import Verifiers

/// The newest archived deliveries of a source, read anew by its provider: what its payloads look like now.
@ControlPlane
struct RecentDeliveries {
    /// Deliveries that a checkup looks at.
    private static let checked = 100

    private let source: SourceConfiguration
    private let provider: any Provider
    private let search: EventSearch
    private let keys: Keys

    /// - Throws: `InvalidSettings`.
    init(_ source: SourceConfiguration, _ connection: RedisConnection, _ keys: Keys) throws {
        self.source = source
        self.keys = keys
        provider = try source.makeProvider()
        search = EventSearch(connection: connection, keys: keys, sources: [source.name])
    }

    /// Calls `body` with each event, the newest first; what cannot be read is left out.
    func forEach(
        limit: Int, matching pattern: TypePattern? = nil,
        _ body: @ControlPlane (ProviderEvent, JSONDocument, Int64) -> Void
    ) async throws(RedisFailure) {
        let page = try await search.list(EventQuery(sources: [source.name]), limit: limit)
        for summary in page.events where pattern?.matches(summary.providerType ?? "") ?? true {
            let reply = try await search.connection.command(["GET", .text(keys.event(summary.id))])
            guard let record = reply.bytes.flatMap({ EventRecord($0) }) else { continue }
            var metadata = JSONDocument()
            try? metadata.read(record.metadata)
            let delivery = Delivery(
                method: "POST", target: Array("/webhooks/\(source.name)".utf8)[...], body: record.body,
                headers: HeaderFields(EventRecord.headers(in: metadata)), peer: nil,
                receivedAt: summary.receivedAt / 1000)
            var document = JSONDocument()
            guard let events = try? provider.events(in: delivery, document: &document),
                let event = events.first(where: { $0.key == summary.providerID }) ?? events.first
            else { continue }
            body(event, document, summary.receivedAt)
        }
    }

    /// Compares the source's mapping with them.
    func checkup(by configuration: Configuration) async throws -> MappingCheckup {
        let rules = try MappingCatalog(overrides: configuration.mappings).rules(named: source.mapping)
        var checkup = MappingCheckup(Mapper(provider: source.provider, rules: rules))
        try await forEach(limit: Self.checked) { event, document, receivedAt in
            checkup.add(event, in: document, receivedAt: receivedAt)
        }
        return checkup
    }
}

extension MappingCheckup {
    /// As the API and the command line answer it.
    var line: JSONLine {
        var line = JSONLine()
        line.add("deliveries", deliveries)
        line.add("findings", list: findings.map(\.line.json))
        return line
    }
}

extension MappingCheckup.Finding {
    var line: JSONLine {
        var line = JSONLine()
        line.add("providerType", providerType)
        line.add("rule", rule)
        line.add("target", target)
        line.add("list", list)
        line.add("paths", list: paths.map(\.quotedJSON))
        line.add("required", isRequired)
        line.add("deliveries", deliveries)
        line.add("missing", missing)
        line.add("lastSeen", lastSeen.map(Timestamp.text))
        line.add(
            "candidates",
            list: candidates.map { candidate in
                var line = JSONLine()
                line.add("path", candidate.path)
                line.add("deliveries", candidate.deliveries)
                line.add("reason", candidate.reason.rawValue)
                line.add("sample", candidate.sample)
                return line.json
            })
        return line
    }
}

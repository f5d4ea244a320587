import Verifiers

/// Writes events as rows of a ClickHouse table over HTTP, in the format JSONEachRow.
///
/// A bad row and none of a request is taken. Requests carry a token made of their events: a table that remembers tokens
/// drops a repeated request of the same events. https://clickhouse.com/docs/interfaces/http
@ControlPlane
final class ClickHouseDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "clickhouse", name: "ClickHouse",
        description: "Writes events as rows of a ClickHouse table over HTTP.", address: .url,
        defaultRate: LaneRules.Rate(requests: 1, period: .seconds(1)),
        requiredCredentials: [
            .init(
                name: "password", isSensitive: true, isRequired: true,
                hint: "the user's; in ClickHouse Cloud: the service, Connect, HTTPS")
        ],
        settings: [
            .init(name: "user", defaultValue: #""default""#, description: "the user, who needs INSERT on the table"),
            .init(name: "database", defaultValue: #""default""#, description: "the table's database"),
            .init(name: "table", defaultValue: nil, description: "the table"),
        ] + WarehouseRow.card,
        documentation: "https://clickhouse.com/docs/interfaces/http")

    /// Few large inserts are what ClickHouse is made for.
    let limits = BatchLimits(events: 10_000, bytes: 10_000_000)
    let context: DestinationContext
    let secrets: [Secret]
    private let row: WarehouseRow
    private let url: OutboundURL
    private let table: String
    private let headers: [(name: String, value: String)]

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try WarehouseRow(configuration, payload: .text)
        _ = try url(configuration)
        _ = try table(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        self.context = context
        row = try WarehouseRow(configuration, payload: .text)
        url = try Self.url(configuration)
        table = try Self.table(configuration)
        let password = configuration.credentials["password"]
        secrets = [password].compactMap { $0 }
        headers = [
            ("X-ClickHouse-User", try DestinationSettings(configuration).text("user") ?? "default"),
            ("X-ClickHouse-Key", password?.text ?? ""),
        ]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        BatchEntry(key: event.deduplicationKey, json: try row.json(event))
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        // Without order: the same events are the same block, whichever way they came together.
        let sorted = entries.sorted { $0.key < $1.key }
        var body: [UInt8] = []
        body.reserveCapacity(sorted.reduce(0) { $0 + $1.json.count + 1 })
        for entry in sorted {
            body.append(contentsOf: entry.json)
            body.append(UInt8(ascii: "\n"))
        }
        let ids = Array(sorted.map(\.key).joined(separator: "\n").utf8)
        return request(
            "INSERT INTO \(table) FORMAT JSONEachRow", body: body,
            parameters: [
                ("insert_deduplication_token", SHA256Hash.hex(of: ids[...])),
                ("date_time_input_format", "best_effort"),
                // Stored when it is answered, whatever the user's profile says.
                ("async_insert", "0"),
            ])
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        if let exception = ClickHouseException(answer) { return exception.verdict }
        if answer.isSuccess {
            return answer.body.allSatisfy { $0 <= 0x20 } ? .whole(.delivered) : answer.unreadable
        }
        return answer.verdict(refusal: .validation)
    }

    func check() async -> CredentialCheck {
        switch await ask(request("DESCRIBE TABLE \(table) FORMAT JSONCompact")) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard ClickHouseException(answer) == nil, answer.isSuccess, let document = answer.document,
                let data = document.member("data")
            else { return failedCheck(answer, ClickHouseException(answer)?.verdict.outcome) }
            let names = document.children(of: data).compactMap { document.string(of: document.element(0, of: $0)) }
            if let warning = row.warning(of: Set(names)) {
                return CredentialCheck(verdict: .failed(.configuration), explanation: "\(warning); add them")
            }
            return .verified(
                "ClickHouse knows the user, and the table has all columns; whether the user may insert shows the first event"
            )
        }
    }

    private func request(
        _ query: String, body: [UInt8] = [], parameters: [(name: String, value: String)] = []
    ) -> OutboundRequest {
        // Without waiting for the end, an error after the first byte would stand behind a status 200.
        let all = [("query", query), ("wait_end_of_query", "1")] + parameters
        let target = all.map { name, value in
            "\(name)=\(String(decoding: PercentEncoding.encode(Array(value.utf8)[...]), as: UTF8.self))"
        }.joined(separator: "&")
        return OutboundRequest(
            .post, url.appending("/?\(target)"),
            headers: headers + [("Content-Type", "application/x-ndjson")], body: body)
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> OutboundURL {
        do throws(OutboundURL.Malformed) {
            let url = try OutboundURL(configuration.url?.text ?? "")
            guard !url.target.contains("?") else {
                throw OutboundURL.Malformed("it holds a query; database, user and table are settings")
            }
            return url
        } catch {
            throw InvalidDestination(key: "url", reason: error.description)
        }
    }

    /// The table's full name, quoted.
    private nonisolated static func table(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> String {
        let settings = DestinationSettings(configuration)
        let database = try settings.text("database") ?? "default"
        let table = try settings.text("table") ?? ""
        _ = try settings.text("user")
        for (name, value) in [("database", database), ("table", table)]
        where value.utf8.contains(where: { $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }) {
            throw InvalidDestination(
                key: "settings.\(name)", reason: "holds a backtick, backslash or control character")
        }
        return "`\(database)`.`\(table)`"
    }
}

import Verifiers

/// Writes events as rows of a BigQuery table by `tabledata.insertAll`.
///
/// One invalid row and none of a request is taken: the answer (with status 200) names the invalid ones, and calls the
/// others `stopped`. https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
@ControlPlane
final class BigQueryDestination: TokenDestination {
    nonisolated static let card = DestinationCard(
        type: "bigquery", name: "Google BigQuery", description: "Writes events as rows of a BigQuery table.",
        address: .service(service),
        requiredCredentials: [
            .init(
                name: "serviceAccount", isSensitive: true, isRequired: true,
                hint:
                    "the service account's JSON key file: Cloud Console, IAM, Service accounts, Keys; role BigQuery Data Editor on the dataset",
                isFile: true
            )
        ],
        settings: [
            .init(
                name: "project", defaultValue: "null",
                description: "the dataset's project; by default the service account's"),
            .init(name: "dataset", defaultValue: nil, description: "the dataset's id"),
            .init(name: "table", defaultValue: nil, description: "the table's id"),
        ] + WarehouseRow.card,
        documentation: "https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery")

    private nonisolated static let service = "https://bigquery.googleapis.com"
    /// `tables.get`, which the check asks, wants more than `bigquery.insertdata`.
    private static let scope = "https://www.googleapis.com/auth/bigquery"
    private static let maximumIDBytes = 128
    /// BigQuery may answer so for some minutes after a table is made.
    private static let pauseForNewTable = Duration.seconds(60)

    /// 500 rows are recommended, 50,000 allowed; 10 MB a request.
    let limits = BatchLimits(events: 500, bytes: 9_000_000)
    let context: DestinationContext
    let tokens: AccessTokens
    private let row: WarehouseRow
    private let account: ServiceAccount
    private let table: OutboundURL

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try WarehouseRow(configuration, payload: .text)
        _ = try table(configuration, try account(configuration))
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        // A JSON column takes JSON as a text.
        row = try WarehouseRow(context.configuration, payload: .text)
        let account = try Self.account(context.configuration)
        self.account = account
        table = try Self.table(context.configuration, account)
        let grant = TokenGrant(context: context, url: account.tokenURL, standardSeconds: 3600)
        tokens = AccessTokens(unixMilliseconds: context.unixMilliseconds) { () async throws(Unanswered) in
            let assertion = account.assertion(scope: Self.scope, unixMilliseconds: context.unixMilliseconds())
            return try await grant.token(
                [("grant_type", TokenGrant.jwtBearer), ("assertion", assertion.text)], hiding: [assertion])
        }
    }

    var secrets: [Secret] { account.secrets + tokens.secrets }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        var entry = JSONObject()
        let key = event.deduplicationKey
        entry.add("insertId", key.utf8.count <= Self.maximumIDBytes ? key : UUIDv5.text(of: key))
        entry.add("json", json: try row.json(event))
        guard entry.json.count <= limits.bytes else {
            throw .dataError("\(entry.json.count) bytes; BigQuery takes 10 MB a request")
        }
        return BatchEntry(key: key, json: entry.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("skipInvalidRows", false)
        body.add("ignoreUnknownValues", false)
        body.add("rows", json: entries.jsonList)
        return OutboundRequest(
            .post, table.appending("/insertAll"), headers: [("Content-Type", "application/json")], body: body.json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        guard answer.isSuccess else { return refusal(answer) }
        guard let document = answer.document,
            document.string(of: document.member("kind")) == "bigquery#tableDataInsertAllResponse"
        else { return answer.unreadable }
        let errors = document.member("insertErrors")
        guard document.count(of: errors) > 0 else { return .whole(.delivered) }
        return BigQueryRowErrors(document, errors, rows: entries.count)?.verdict ?? answer.unreadable
    }

    func check() async -> CredentialCheck {
        switch await ask(OutboundRequest(.get, table)) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard answer.isSuccess, let document = answer.document, let schema = document.member("schema") else {
                return failedCheck(answer, answer.isSuccess ? nil : refusal(answer).outcome)
            }
            let fields = document.children(of: document.member("fields", of: schema))
            let names = Set(fields.compactMap { document.string(of: document.member("name", of: $0)) })
            if let warning = row.warning(of: names) {
                return CredentialCheck(verdict: .failed(.configuration), explanation: "\(warning); add them")
            }
            return .verified(
                "the service account may read the table, which has all columns; whether it may write shows the first event"
            )
        }
    }

    /// `{"error":{"code","message","errors":[{"reason"}],"status"}}`
    private func refusal(_ answer: APIAnswer) -> BatchVerdict {
        let document = answer.document
        let reasons = document?.member("errors", of: document?.member("error"))
        let reason = document.flatMap { $0.string(of: $0.member("reason", of: $0.element(0, of: reasons))) }
        switch (answer.status, reason) {
        case (403, "rateLimitExceeded"), (403, "quotaExceeded"):
            return .whole(.retry(.rateLimit, reason: answer.words, after: answer.retryAfter))
        case (404, _):
            return .whole(
                .retry(
                    .configuration,
                    reason:
                        "BigQuery does not know the table (it may say so for minutes after making it): \(answer.words)",
                    after: Self.pauseForNewTable))
        default: return answer.verdict(refusal: .validation)
        }
    }

    private nonisolated static func account(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> ServiceAccount {
        try ServiceAccount(
            configuration.credentials["serviceAccount"] ?? Secret(origin: .generated, bytes: []),
            named: "credentials.serviceAccount")
    }

    private nonisolated static func table(
        _ configuration: DestinationConfiguration, _ account: ServiceAccount
    ) throws(InvalidDestination) -> OutboundURL {
        let settings = DestinationSettings(configuration)
        guard let project = try settings.text("project") ?? account.project else {
            throw InvalidDestination(
                key: "settings.project", reason: "missing; the service account's file names no project")
        }
        func part(_ text: String) -> String {
            String(decoding: PercentEncoding.encode(Array(text.utf8)[...]), as: UTF8.self)
        }
        let dataset = part(try settings.text("dataset") ?? "")
        let table = part(try settings.text("table") ?? "")
        return try ServiceAddress.url(
            configuration, service: service,
            target: "/bigquery/v2/projects/\(part(project))/datasets/\(dataset)/tables/\(table)")
    }
}

import Verifiers

/// Writes events as rows of a Snowflake table by the SQL API: one statement a request, its rows in a bind variable.
///
/// Statements are submitted asynchronously and asked after until they end, however long a warehouse takes to wake up. A
/// statement is known by a request id made of its events: submitted again after an unknown outcome, in the same
/// composition, Snowflake runs it once; in another one, the default `MERGE` leaves out what is there already.
/// https://docs.snowflake.com/en/developer-guide/sql-api/submitting-requests
@ControlPlane
final class SnowflakeDestination: TokenDestination {
    nonisolated static let card = DestinationCard(
        type: "snowflake", name: "Snowflake", description: "Writes events as rows of a Snowflake table by the SQL API.",
        address: .service("https://<account>.snowflakecomputing.com"),
        requiredCredentials: [
            .init(
                name: "account", isSensitive: false, isRequired: true,
                hint: "the account's identifier, as in MYORG-MYACCOUNT: Snowsight, Account, View account details"),
            .init(
                name: "user", isSensitive: false, isRequired: true,
                hint: "the user's login name, of a user of TYPE = SERVICE with the public key as RSA_PUBLIC_KEY"),
            .init(
                name: "privateKey", isSensitive: true, isRequired: true,
                hint: "the user's RSA key in PEM; make one with: openssl genrsa 2048", isFile: true),
            .init(
                name: "privateKeyPassphrase", isSensitive: true, isRequired: false, hint: "where the key is encrypted"),
        ],
        settings: SnowflakeSettings.card + WarehouseRow.card,
        documentation: "https://docs.snowflake.com/en/developer-guide/sql-api/index")

    /// A warehouse works on few large statements best; the bytes are far below what PARSE_JSON takes.
    let limits = BatchLimits(events: 1000, bytes: 4_000_000)
    let context: DestinationContext
    let tokens: AccessTokens
    private let settings: SnowflakeSettings
    private let row: WarehouseRow
    private let identity: SnowflakeIdentity
    private let address: OutboundURL
    /// Statements that were submitted and whose end is not known.
    private var open: Set<String> = []
    private static let maximumOpen = 4096
    private static let shortestPoll = Duration.milliseconds(100)
    private static let longestPoll = Duration.seconds(2)

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try WarehouseRow(configuration, payload: .object)
        _ = try SnowflakeSettings(configuration)
        _ = try SnowflakeIdentity(configuration).address(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        row = try WarehouseRow(context.configuration, payload: .object)
        settings = try SnowflakeSettings(context.configuration)
        let identity = try SnowflakeIdentity(context.configuration)
        self.identity = identity
        address = try identity.address(context.configuration)
        tokens = AccessTokens(unixMilliseconds: context.unixMilliseconds) { () async throws(Unanswered) in
            identity.token(unixMilliseconds: context.unixMilliseconds())
        }
    }

    var secrets: [Secret] { identity.secrets + tokens.secrets }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let json = try row.json(event, isKeyed: true)
        guard json.count <= limits.bytes else {
            throw .dataError("\(json.count) bytes; 4 MB is what is sent to Snowflake at once")
        }
        try settings.check(json)
        return BatchEntry(key: event.deduplicationKey, json: json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        // Without order: the same events are the same statement, whichever way they came together.
        let sorted = entries.sorted { $0.key < $1.key }
        let id = requestID(sorted)
        if open.count >= Self.maximumOpen { open = [] }
        let isRepeated = !open.insert(id).inserted
        var value = JSONObject()
        value.add("type", "TEXT")
        value.add("value", String(decoding: sorted.jsonList, as: UTF8.self))
        var bindings = JSONObject()
        bindings.add("1", value)
        return submission(
            settings.statement(for: sorted.map(\.json)), bindings: bindings,
            query: "?requestId=\(id)\(isRepeated ? "&retry=true" : "")&async=true")
    }

    func authorize(_ request: inout OutboundRequest, with token: AccessToken) {
        request.headers += [
            ("Authorization", "Bearer \(token.secret.text)"), ("X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT"),
        ]
    }

    /// Submits, then asks until the statement has ended or its time is up.
    func answer(to request: inout OutboundRequest) async throws(Unanswered) -> APIAnswer {
        var answer = try await authorizedAnswer(to: &request)
        let deadline = Deadline(after: settings.statementTimeout + .seconds(5))
        var pause = Self.shortestPoll
        while answer.status == 202, let poll = poll(answer), !Task.isCancelled,
            Clock.monotonicNanoseconds() < deadline.time
        {
            // Cancelled with the lane: the loop ends.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPoll)
            var next = poll
            answer = try await authorizedAnswer(to: &next)
        }
        return answer
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        let verdict = SnowflakeAnswer(answer).verdict
        // What is known to have ended is another statement the next time.
        if answer.status < 500, answer.status != 202, verdict != answer.unreadable {
            open.remove(requestID(entries.sorted { $0.key < $1.key }))
        }
        return verdict
    }

    func check() async -> CredentialCheck {
        switch await ask(submission("DESCRIBE TABLE \(settings.table)", query: "?async=true")) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            let verdict = SnowflakeAnswer(answer).verdict
            guard verdict == .whole(.delivered), let document = answer.document else {
                return failedCheck(answer, verdict.outcome)
            }
            let rows = document.children(of: document.member("data"))
            let names = Set(rows.compactMap { document.string(of: document.element(0, of: $0))?.lowercased() })
            if let warning = row.warning(of: names) {
                return CredentialCheck(verdict: .failed(.configuration), explanation: "\(warning); add them")
            }
            return .verified(
                "Snowflake knows the key, and the table has all columns; whether the role may write and the warehouse runs shows the first event"
            )
        }
    }

    private func requestID(_ sorted: [BatchEntry]) -> String {
        UUIDv5.text(of: ([context.name, settings.table] + sorted.map(\.key)).joined(separator: "\n"))
    }

    private func submission(_ statement: String, bindings: JSONObject? = nil, query: String) -> OutboundRequest {
        var body = JSONObject()
        body.add("statement", statement)
        settings.add(to: &body)
        if let bindings { body.add("bindings", bindings) }
        return OutboundRequest(
            .post, address.appending("/api/v2/statements\(query)"),
            headers: [("Content-Type", "application/json"), ("Accept", "application/json")], body: body.json)
    }

    /// The request for a statement's state; nil when the answer names none.
    private func poll(_ answer: APIAnswer) -> OutboundRequest? {
        guard let document = answer.document,
            let handle = document.string(of: document.member("statementHandle")), !handle.isEmpty
        else { return nil }
        let part = String(decoding: PercentEncoding.encode(Array(handle.utf8)[...]), as: UTF8.self)
        return OutboundRequest(
            .get, address.appending("/api/v2/statements/\(part)"), headers: [("Accept", "application/json")])
    }
}

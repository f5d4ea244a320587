import Verifiers

/// `verify`: would this request have been accepted, and if not, why not?
struct VerifyCommand: Command {
    static let name = "verify"
    static let summary = "judge captured requests as the gateway would, and explain refusals"
    static let usage = """
        webhook-gateway verify --source NAME --request FILE [--at TIME] [--from ADDRESS] [--config FILE] [--json]

        Prints one line a request: accepted and by which secret, or refused and the likely cause.
        Exits 0 when all were accepted, 1 when one was refused.

          --source NAME    the source whose secrets and rules count
          --request FILE   one request as .http text (start line, headers, blank line, raw body), or JSON lines
                           {"method","url","headers":[[name,value],…],"body_base64","peer_ip","now"}; - is standard input
          --at TIME        judge as of this time: Unix seconds or RFC 3339; else the request's own "now", else now
          --from ADDRESS   judge as sent from this address; else the request's own "peer_ip"
          --config FILE    the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json           {"accepted":true,"secret":1} or {"accepted":false,"reason":"…","hint":"…"}
        """

    private let configuration: String?
    private let source: String
    private let files: [String]
    private let time: Int64?
    private let peer: IPAddress?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
        guard let source = try arguments.value("--source") else { throw UsageError("--source is missing") }
        self.source = source
        files = try arguments.values("--request")
        guard !files.isEmpty else { throw UsageError("--request is missing") }
        time = try arguments.value("--at").map { (text) throws(UsageError) in try Self.time(text) }
        peer = try arguments.value("--from").map { (text) throws(UsageError) in
            guard let address = IPAddress(text) else {
                throw UsageError("--from is an IP address, not \(TextRule.quoted(text))")
            }
            return address
        }
    }

    func run() async throws -> ExitCode {
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
        let source = try configuration.sourceForCommand(source)
        let verifier = try RequestVerifier(source, in: configuration)
        let now = time ?? Clock.unixMilliseconds() / 1000
        var requests: [Result<CapturedRequest, UnreadableCapture>] = []
        for file in files { requests += CaptureReader.requests(in: try CommandFile.read(file)) }
        guard !requests.isEmpty else {
            throw UnreadableCapture("there is no request in \(files.joined(separator: ", "))")
        }
        var isRefused = false
        for (index, request) in requests.enumerated() {
            let verdict: RequestVerifier.Verdict =
                switch request {
                case .success(let request):
                    verifier.verdict(on: request, now: time ?? request.arrival ?? now, peer: peer)
                case .failure(let problem): .unreadable(problem.description)
                }
            if !verdict.isAccepted { isRefused = true }
            let number = requests.count > 1 ? "\(index + 1) " : ""
            let sentence = "\(number)\(verdict.sentence(source.secrets))"
            Terminal.print(isJSON ? verdict.json : Terminal.coloured(sentence, verdict.isAccepted ? .green : .red))
        }
        return isRefused ? .failure : .success
    }

    private static func time(_ text: String) throws(UsageError) -> Int64 {
        let bytes = Array(text.utf8)[...]
        if let moment = Timestamp(unixSeconds: bytes) ?? Timestamp(rfc3339: bytes) { return moment.seconds }
        throw UsageError("--at is a time as Unix seconds or 2026-11-21T08:41:00Z, not \(TextRule.quoted(text))")
    }
}

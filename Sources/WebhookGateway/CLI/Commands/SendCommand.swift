import Glibc
import Verifiers

/// `send`: what the provider would do, from this machine.
struct SendCommand: Command {
    static let name = "send"
    static let summary = "sign and post a delivery as the provider would"
    static let usage = """
        webhook-gateway send SOURCE [--fixture NAME | --body FILE | --request FILE] [--to URL] [--count N] [--rate N]
                             [--tamper] [--save FILE] [--fixtures DIR] [--config FILE] [--json]

        Posts a delivery signed with the source's first secret and prints the answers. A single delivery keeps its ids, so
        that sending it again shows the duplicate; with --count each delivery gets ids of its own.
        Exits 0 when all were accepted (with --tamper: when all were refused), else 1.

          SOURCE           a source of the configuration (stripe, square, quickbooks, mailchimp without one)
          --fixture NAME   a recorded delivery; without a name one that is typical of the provider
          --body FILE      this body; - is standard input
          --request FILE   requests as they were captured (.http text or JSON lines), neither renewed nor signed
          --to URL         where to, http or https; by default the configured port on this machine
          --count N        how many deliveries
          --rate N         how many a second at most
          --tamper         spoil each delivery after it was signed, and explain the refusal
          --save FILE      keep what was sent as JSON lines, for `verify` and --request
          --fixtures DIR   the recorded deliveries; by default ./fixtures/webhooks or the program's own
          --config FILE    the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json           the result as one JSON object
        """

    /// A longer run shows its sum, and of the answers only some that were no acceptance.
    private static let shownAnswers = 10

    private enum Origin {
        case fixture(String?, directory: String?)
        case body(String)
        case captures(String)
    }

    private let configuration: String?
    private let source: String
    private let origin: Origin
    private let url: String?
    private let count: Int?
    private let rate: Int?
    private let tampers: Bool
    private let save: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        configuration = try arguments.value("--config")
        let fixture = try arguments.value("--fixture")
        let body = try arguments.value("--body")
        let captures = try arguments.value("--request")
        guard [fixture, body, captures].count(where: { $0 != nil }) <= 1 else {
            throw UsageError("--fixture, --body and --request exclude each other")
        }
        let directory = try arguments.value("--fixtures")
        url = try arguments.value("--to")
        count = try arguments.integer("--count", in: 1...10_000_000)
        rate = try arguments.integer("--rate", in: 1...1_000_000)
        tampers = try arguments.flag("--tamper")
        save = try arguments.value("--save")
        isJSON = try arguments.flag("--json")
        source = try arguments.positional("the source (stripe, square, …)")
        origin = body.map { .body($0) } ?? captures.map { .captures($0) } ?? .fixture(fixture, directory: directory)
        if tampers, captures != nil { throw UsageError("--tamper spoils what it signed; --request is sent as it is") }
    }

    func run() async throws -> ExitCode {
        let configuration = try ConfigurationLoader(known: .builtIn).load(configuration).configuration
        let source = try configuration.sourceForCommand(source)
        let target =
            try url.map { (url) throws(UsageError) in try SendTarget(url: url, source: source.name) }
            ?? SendTarget(configuration.listen, source: source.name)
        // OpenSSL writes to a connection that the server closed as to any other.
        if target.security != .plain { signal(SIGPIPE, SIG_IGN) }
        let plan = try plan(source, target)
        let addresses = try addresses(of: target)
        let run = DeliveryRun(
            plan, to: target, at: addresses, perSecond: rate, keepingAllAnswers: plan.count <= Self.shownAnswers,
            keepsCaptures: save != nil)
        let (tally, seconds) = try await run.finish()
        if let save { try CommandFile.write(run.sentCaptures, to: save) }
        if isJSON {
            Terminal.print(tally.json(seconds: seconds))
        } else {
            show(tally, seconds: seconds)
        }
        if tampers, !isJSON { try explainTampering(plan, configuration) }
        if let failure = tally.firstFailure {
            Terminal.printError(
                "webhook-gateway send: \(target.address): \(failure); is the gateway running? `webhook-gateway serve` starts it"
            )
        }
        let isAsWished = tampers ? tally.accepted == 0 && tally.failed == 0 : tally.accepted == plan.count
        return isAsWished ? .success : .failure
    }

    private func plan(_ source: SourceConfiguration, _ target: SendTarget) throws -> DeliveryPlan {
        var plan = DeliveryPlan(
            source: source, content: .captures([]), count: count ?? 1, renews: (count ?? 1) > 1, tampers: tampers)
        switch origin {
        case .captures(let file):
            let requests = try CaptureReader.requests(in: try CommandFile.read(file)).map { try $0.get() }
            guard !requests.isEmpty else { throw UsageError("there is no request in \(file)") }
            plan.count = count ?? requests.count
            plan.content = .captures(requests)
        case .body(let file):
            let body = try CommandFile.read(file)
            plan.content = .sample(Sample(target: target.target, body: body, now: 0))
        case .fixture(let name, let directory):
            let request = try FixtureLibrary(directory).request(name, of: source.provider)
            plan.content = .sample(Sample(target: target.target, headers: request.headers, body: request.body, now: 0))
        }
        return plan
    }

    private func addresses(of target: SendTarget) throws -> [SocketAddress] {
        let (host, port) = (target.address.host, UInt16(target.address.port))
        if let address = IPAddress(host) { return [.ip(address, port: port)] }
        return try Resolver.lookUp(host, port: port).get()
    }

    private func show(_ tally: DeliveryTally, seconds: Double) {
        for answer in tally.answers.sorted(by: { $0.number < $1.number }) {
            guard let status = answer.status else { continue }
            let colour: Terminal.Colour = answer.isAccepted ? .green : .red
            Terminal.print("\(Terminal.coloured("\(status)", colour)) \(VisibleText.escaped(answer.body))")
        }
        Terminal.print(tally.summary(seconds: seconds))
    }

    /// Says what `verify` says of a delivery that was spoilt like those sent.
    private func explainTampering(_ plan: DeliveryPlan, _ configuration: Configuration) throws {
        let now = Clock.unixMilliseconds() / 1000
        let request = try DeliverySigner(plan).request(0, now: now)
        let verdict = try RequestVerifier(plan.source, in: configuration).verdict(on: request, now: now)
        Terminal.print("verify: \(verdict.sentence(plan.source.secrets))")
    }
}

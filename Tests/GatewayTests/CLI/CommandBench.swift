import Testing
import Verifiers

@testable import WebhookGateway

/// The executable's commands beside a real Redis, with events that came in through the pipeline and the real scripts.
@ControlPlane
final class CommandBench {
    /// What a command left.
    struct Answer: Sendable {
        var code: Int32?
        var output: String
        var errors: String

        /// Its output, one JSON document a line.
        func lines() throws -> [JSONDocument] {
            try output.split(separator: "\n").map { try JSONDocument(parsing: $0.utf8) }
        }

        /// Its output, which must be one JSON document.
        func object() throws -> JSONDocument {
            let lines = try lines()
            try #require(lines.count == 1, "\(output)\(errors)")
            return lines[0]
        }
    }

    let store: StoreFixture
    let path: String
    private let directory: TemporaryDirectory
    private let connection: RedisConnection
    private let events: EventStore
    private let pipeline = Pipeline()
    private var ids = ULIDGenerator()
    private var configuration: Configuration
    private var runs = 0

    /// The source `shop` of Stripe, whose events go to the forwarder and to the queue `inbox`, and two destinations.
    nonisolated static let members = """
        sources: { shop: { provider: "stripe", secrets: ["whsec_test"], toleranceSeconds: 0, queues: ["events", "inbox"] } },
        destinations: { crm: { type: "console" }, log: { type: "console" } },
        """

    /// Runs a test with a bench of its own and takes it down afterwards.
    static func run(_ members: String = members, _ body: @ControlPlane (CommandBench) async throws -> Void) async throws
    {
        try await StoreFixture.run { store in
            let bench = try CommandBench(store, members)
            defer { bench.connection.stop() }
            try #require(await bench.connection.becomesReady(within: .seconds(30)))
            try await body(bench)
        }
    }

    private init(_ store: StoreFixture, _ members: String) throws {
        self.store = store
        directory = try TemporaryDirectory()
        path = directory.path
        connection = RedisConnection(store.server.settings, scripts: [.accept], loop: ControlPlane.loop)
        events = EventStore(
            connection: connection, keys: store.keys, archiveSeconds: StoreFixture.archiveSeconds)
        configuration = Configuration()
        let events = events
        connection.willFlush = { events.flush() }
        try configure(members)
    }

    /// Takes another configuration for all that follows.
    func configure(_ members: String) throws {
        let text = """
            { redis: { url: "unix://\(store.server.socketPath)" }, dataDirectory: "\(path)/data",
              listen: { host: "127.0.0.1", port: 0 }, admin: { port: 0 }, \(members) }
            """
        try HostFile.replace("\(path)/gateway.json5", Array(text.utf8))
        configuration = try ConfigurationLoader(environment: [:], known: .builtIn).load("\(path)/gateway.json5")
            .configuration
    }

    // MARK: Commands

    /// Runs a command to its end.
    func run(_ words: String...) async throws -> Answer { try await run(words) }

    func run(_ words: [String]) async throws -> Answer {
        runs += 1
        return try await Self.execute(words, in: path, logs: "\(path)/run-\(runs)")
    }

    /// Off the control plane, which everybody shares.
    @concurrent
    private nonisolated static func execute(_ words: [String], in path: String, logs: String) async throws -> Answer {
        let program = try Program(GatewayHome.executable, words, in: path, environment: [:], logs: logs)
        let result = try program.finish()
        return Answer(code: result.code, output: result.output, errors: result.errors)
    }

    /// Every term is accounted for.
    func expectBalance(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let audit = try await run("audit", "--json")
        #expect(audit.code == 0, "\(audit.output)\(audit.errors)", sourceLocation: sourceLocation)
    }

    // MARK: Events

    /// A Stripe payment that the bundled mapping can make an event of; without an amount it cannot.
    nonisolated static func payment(_ id: String, hasAmount: Bool = true) -> String {
        let amount = hasAmount ? #","amount_received":1999,"currency":"usd""# : ""
        return
            #"{"id":"\#(id)","object":"event","type":"payment_intent.succeeded","created":1795250460,"data":{"object":{"id":"pi_\#(id)","object":"payment_intent"\#(amount)}}}"#
    }

    /// Takes deliveries in as the ingest side does; returns the ids they are acknowledged with.
    @discardableResult
    func deliver(_ bodies: String..., at milliseconds: Int64 = 1_795_250_461_000) async throws -> [String] {
        var ids: [String] = []
        for body in bodies { ids += try await deliver(body, at: milliseconds) }
        return ids
    }

    private func deliver(_ body: String, at milliseconds: Int64) async throws -> [String] {
        let own = try #require(configuration.sources.first)
        let rules = try MappingCatalog(overrides: configuration.mappings).rules(named: own.mapping)
        let source = try Source(own, mapper: Mapper(provider: own.provider, rules: rules), keys: store.keys)
        var sample = Sample(target: "/webhooks/\(own.name)", body: Array(body.utf8), now: milliseconds / 1000)
        source.provider.sign(&sample)
        let delivery = Delivery(
            method: "POST", target: Array(sample.target.utf8)[...], body: sample.body[...],
            headers: HeaderFields(sample.headers), peer: nil, receivedAt: milliseconds / 1000)
        let context = RequestContext(
            requestID: ids.next(milliseconds: milliseconds), receivedAt: milliseconds, startedAt: 0)
        guard case .store(let new, _) = pipeline.decide(delivery, for: source, context, trustsTrace: false, ids: &ids)
        else {
            Issue.record("the delivery was refused")
            return []
        }
        let answers = try await withCheckedContinuation { continuation in
            events.accept(new, of: source.keys) { continuation.resume(returning: $0) }
        }.get()
        return zip(new, answers).map { event, answer in
            if case .duplicate(let first) = answer { first } else { event.id.description }
        }
    }

    /// Moves all that waits for the forwarder to lanes.
    func dispatch(to destinations: [String] = ["crm", "log"]) async throws {
        let queue = store.queueStore("forwarder")
        var entries = try await queue.claim()
        let route = (1...destinations.count).map { String($0) }.joined(separator: ",") + ";"
        while !entries.isEmpty {
            var batch = DispatchBatch(destinations: destinations)
            batch.entries = try entries.map { .event(route: route, id: try Event(json: $0).id, bytes: $0.count) }
            let (isMoved, next) = try await queue.dispatch(batch)
            #expect(isMoved)
            entries = next
        }
    }

    /// Ends everything that waits in a lane alike; returns the events as they would have been sent.
    @discardableResult
    func settle(_ destination: String, _ kind: Verdict.Kind) async throws -> [String] {
        let lane = store.laneStore(destination)
        let claimed = try await lane.exchange(.init(events: 100, bytes: 1 << 20, token: "t")).claimed
        let verdict = Verdict(
            kind, delay: .seconds(60), category: kind == .done ? nil : .providerError,
            reason: kind == .done ? "" : "the server \u{1B}[31mfailed", status: kind == .done ? 200 : 503, attempt: 1,
            record: Array(#"{"destination":"\#(destination)","attempt":1}"#.utf8))
        _ = try await lane.exchange(
            .init(settlements: claimed.map { Settlement(claim: $0.claim, verdict: verdict) }))
        return claimed.map { String(decoding: $0.json, as: UTF8.self) }
    }
}

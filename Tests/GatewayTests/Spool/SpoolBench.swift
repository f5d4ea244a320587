import Glibc
import Testing

@testable import WebhookGateway

/// A worker's store on a Redis of its own, with a spool in a folder of its own.
@ControlPlane
final class SpoolBench {
    let server: RedisServer
    let proxy: FaultyProxy
    let directory: String
    let status: SpoolStatus
    let source: SourceKeys
    let keys = Keys()
    let log: String
    private(set) var connection: RedisConnection
    private(set) var store: DurableStore
    private(set) var drained: [(id: ULID, answer: StoredEvent)] = []
    private let settings: RedisSettings
    private let segmentBytes: Int
    private var instance = 1
    private let outages = OutageLog(remedy: "spool")

    struct Options {
        var isDurable = false
        /// Whether servers are examined before they get events.
        var isExamined = false
        /// Whether deliveries are committed in groups, as to a server that an examination found to sync each write.
        var commitsInGroups = false
        var mostBytesInFlight = DurableStore.mostBytesInFlight
        var serverArguments: [String] = []
        var hasSpool = true
        var maxBytes = 1 << 24
        var segmentBytes = 1 << 20
        var change: (inout RedisSettings) -> Void = { _ in }
        /// In place of the proxy to the bench's own server.
        var settings: RedisSettings?
        /// In place of `spool` in the test's folder.
        var directory: String?
    }

    static func run(_ options: Options = Options(), _ body: @ControlPlane (SpoolBench) async throws -> Void)
        async throws
    {
        let folder = try TemporaryFolder()
        let bench = try SpoolBench(options, folder: folder.path)
        defer { bench.close() }
        try await bench.becomesReady()
        try await body(bench)
    }

    private init(_ options: Options, folder: String) throws {
        server = try RedisServer(
            isDurable: options.isDurable, extraArguments: ["--enable-debug-command", "yes"] + options.serverArguments)
        proxy = try FaultyProxy(to: server.socketPath)
        directory = options.directory ?? folder + "/spool"
        log = folder + "/log"
        status = SpoolStatus(maxBytes: options.maxBytes)
        segmentBytes = options.segmentBytes
        source = SourceKeys(source: "shop", queues: ["events"], dedupeWindowSeconds: 600, keys: keys)
        var settings = options.settings ?? proxy.settings
        settings.commandDeadline = .milliseconds(400)
        settings.connectDeadline = .milliseconds(400)
        options.change(&settings)
        self.settings = settings
        hasSpool = options.hasSpool
        mostBytesInFlight = options.mostBytesInFlight
        examination = options.isExamined ? StoreExamination(settings, RedisConfiguration()) : nil
        connection = RedisConnection(settings, scripts: [.accept], loop: ControlPlane.loop)
        store = Self.makeStore(
            connection, directory, status, segmentBytes, hasSpool, examination, mostBytesInFlight, 1, outages, log)
        connection.syncsEachWrite = options.commitsInGroups
        begin()
    }

    private let hasSpool: Bool
    private let mostBytesInFlight: Int
    private let examination: StoreExamination?
    /// A connection that a fault needs again for its end.
    var kept: RedisProbe?

    private static func makeStore(
        _ connection: RedisConnection, _ directory: String, _ status: SpoolStatus, _ segmentBytes: Int,
        _ hasSpool: Bool, _ examination: StoreExamination?, _ mostBytesInFlight: Int, _ instance: Int,
        _ outages: OutageLog, _ log: String
    ) -> DurableStore {
        let plan = DurableStore.Plan(
            directory: directory, instance: "instance-\(instance)", segmentBytes: segmentBytes, status: status)
        let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return DurableStore(
            connection: connection, keys: Keys(), archiveSeconds: 600, examination: examination,
            mostBytesInFlight: mostBytesInFlight,
            plan: hasSpool ? plan : nil, worker: 0,
            outages: outages, loop: ControlPlane.loop, log: Log(level: .debug, descriptor: descriptor))
    }

    private func begin() {
        store.drainedEvent = { [weak self] record, answer in self?.drained.append((record.event.id, answer)) }
        connection.start()
    }

    private func close() {
        store.close()
        proxy.stop()
        server.stop()
    }

    /// Goes on as a new process would that finds the folder of one that has died.
    func restart() {
        connection.stateChanged = nil
        connection.stop()
        instance += 1
        connection = RedisConnection(settings, scripts: [.accept], loop: ControlPlane.loop)
        store = Self.makeStore(
            connection, directory, status, segmentBytes, hasSpool, examination, mostBytesInFlight, instance, outages,
            log)
        begin()
    }

    // MARK: Doing

    func accept(_ events: [NewEvent]) async -> Result<[StoredEvent], RedisFailure> {
        await withCheckedContinuation { continuation in
            store.accept(events, of: source) { continuation.resume(returning: $0) }
        }
    }

    /// Many deliveries of one event each, all in one turn.
    func acceptAll(_ events: [NewEvent]) async -> [Result<[StoredEvent], RedisFailure>] {
        await withCheckedContinuation { continuation in
            var results: [Result<[StoredEvent], RedisFailure>?] = events.map { _ in nil }
            var missing = events.count
            for (index, event) in events.enumerated() {
                store.accept([event], of: source) { result in
                    results[index] = result
                    missing -= 1
                    if missing == 0 { continuation.resume(returning: results.compactMap { $0 }) }
                }
            }
        }
    }

    func becomesReady() async throws { try await eventually("Redis is there") { self.store.isConnected } }

    func becomesAway() async throws { try await eventually("Redis is away") { !self.connection.isReady } }

    func isDrained() async throws {
        try await eventually("the spool is empty") { self.status.figures.events == 0 && self.status.figures.bytes == 0 }
    }

    // MARK: Looking

    func probe() throws -> RedisProbe { try RedisProbe(server.socketPath) }

    /// The ids on the queue and on its dead list.
    func stored() throws -> [String] {
        let probe = try probe()
        return try (probe.list(keys.queue("events")) + probe.list(keys.dead("events"))).map {
            try Event(json: Array($0.utf8)).id
        }
    }

    func ledger(_ field: String) throws -> Int {
        Int(try probe().command("HGET", .text(keys.ledger), .text("source:shop:\(field)")).integer ?? 0)
    }

    func logLines(_ text: String) -> Int {
        let content = (try? HostFile.read(log)) ?? []
        return String(decoding: content, as: UTF8.self).split(separator: "\n").filter { $0.contains(text) }.count
    }

    /// Every event is in Redis, once, and the ledger says so.
    func expectExactly(_ events: [NewEvent], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let stored = try stored()
        #expect(stored.count == events.count, sourceLocation: sourceLocation)
        #expect(Set(stored) == Set(events.map(\.id.description)), sourceLocation: sourceLocation)
        let balance = try ledger("queued") + ledger("quarantined") + ledger("duplicate")
        #expect(try ledger("accepted") == balance, sourceLocation: sourceLocation)
    }
}

extension [NewEvent] {
    static func samples(_ range: Range<Int>) -> [NewEvent] { range.map { .sample($0) } }
}

extension Result where Success == [StoredEvent], Failure == RedisFailure {
    var isSpooled: Bool { (try? get())?.allSatisfy { $0 == .spooled } ?? false }
    var isNew: Bool { (try? get())?.allSatisfy { $0 == .new } ?? false }
}

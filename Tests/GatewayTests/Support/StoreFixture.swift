import Testing

@testable import WebhookGateway

/// A private Redis with a connection, and what tests of the store put into it and read from it.
@ControlPlane
final class StoreFixture {
    nonisolated static let archiveSeconds = 600

    let server: RedisServer
    let connection: RedisConnection
    let keys = Keys()

    /// Runs a test with a fixture of its own and takes it down afterwards.
    static func run(isDurable: Bool = false, _ body: @ControlPlane (StoreFixture) async throws -> Void) async throws {
        let fixture = try await StoreFixture(isDurable: isDurable)
        defer { fixture.close() }
        try await body(fixture)
    }

    private init(isDurable: Bool) async throws {
        server = try await Self.startServer(isDurable: isDurable)
        connection = RedisConnection(
            server.settings, scripts: Forwarder.scripts + DeadStore.scripts + LaneControl.scripts + Vault.scripts,
            loop: ControlPlane.loop)
        try #require(await connection.becomesReady(within: .seconds(5)))
    }

    /// Away from the control plane: other tests' deadlines run there while a server starts.
    @concurrent
    private nonisolated static func startServer(isDurable: Bool) async throws -> sending RedisServer {
        try RedisServer(isDurable: isDurable)
    }

    private func close() {
        connection.stop()
        server.stop()
    }

    func queueStore(_ consumer: String = "host-1-a", queue: String = "events") -> QueueStore {
        QueueStore(queue, consumer: consumer, connection: connection, keys: keys, archiveSeconds: Self.archiveSeconds)
    }

    func laneStore(_ destination: String = "crm") -> LaneStore {
        LaneStore(destination, connection: connection, keys: keys, archiveSeconds: Self.archiveSeconds)
    }

    var deadStore: DeadStore {
        DeadStore(connection: connection, keys: keys, archiveSeconds: Self.archiveSeconds)
    }

    // MARK: Events

    /// Ids that sort by number, as ULIDs do by time.
    nonisolated static func id(_ number: Int) -> String {
        "01TEST" + String(repeating: "0", count: 20 - String(number).count) + String(number)
    }

    nonisolated static func json(
        _ number: Int, type: String = "payment.succeeded", tenant: String = "default"
    ) -> String {
        #"{"specversion":"1.0","id":"\#(id(number))","source":"/webhooks/stripe","type":"\#(type)","tenant":"\#(tenant)","data":{"n":\#(number)}}"#
    }

    /// Puts events on the queue as the accept script does: record with an expiry, ledger, push.
    func enqueue(
        _ numbers: Range<Int>, type: String = "payment.succeeded", tenant: String = "default"
    ) async throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
            let part = start..<min(start + 500, numbers.upperBound)
            var commands: [[RedisArgument]] = part.map { number in
                [
                    "SET", .text(keys.event(Self.id(number))),
                    .text("{}\n\(Self.json(number, type: type, tenant: tenant))\nraw"), "EX",
                    .integer(Int64(Self.archiveSeconds)),
                ]
            }
            commands.append(
                ["RPUSH", .text(keys.queue("events"))] + part.map { .text(Self.json($0, type: type, tenant: tenant)) })
            commands.append(["HINCRBY", .text(keys.ledger), "queue:events:entered", .integer(Int64(part.count))])
            _ = try await connection.pipeline(commands)
        }
    }

    /// Puts events into lanes through the dispatch script.
    func dispatch(
        _ numbers: Range<Int>, to destinations: [String] = ["crm"], tenant: String = "default"
    ) async throws {
        try await enqueue(numbers, tenant: tenant)
        let store = queueStore("dispatching")
        var entries = try await store.claim()
        let route = (1...destinations.count).map { String($0) }.joined(separator: ",") + ";"
        while !entries.isEmpty {
            var batch = DispatchBatch(destinations: destinations)
            batch.entries = try entries.map { .event(route: route, id: try Event(json: $0).id, bytes: $0.count) }
            let (isMoved, next) = try await store.dispatch(batch)
            #expect(isMoved)
            entries = next
        }
    }

    // MARK: Reading

    func integer(_ arguments: [RedisArgument]) async throws -> Int {
        Int(try #require(try await connection.command(arguments).integer))
    }

    func strings(_ arguments: [RedisArgument]) async throws -> [String] {
        try await connection.command(arguments).elements?.compactMap(\.string) ?? []
    }

    func list(_ key: String) async throws -> [String] { try await strings(["LRANGE", .text(key), 0, -1]) }

    func members(_ key: String) async throws -> [String] { try await strings(["ZRANGE", .text(key), 0, -1]) }

    func state(_ number: Int) async throws -> [String: String] {
        let values = try await strings(["HGETALL", .text(keys.state(Self.id(number)))])
        return Dictionary(
            uniqueKeysWithValues: stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) })
    }

    func ledger(_ field: String) async throws -> Int {
        Int(try await connection.command(["HGET", .text(keys.ledger), .text(field)]).integer ?? 0)
    }

    /// Seconds until a key expires; -1: never, -2: it is not there.
    func expiry(_ key: String) async throws -> Int { try await integer(["TTL", .text(key)]) }

    // MARK: Ledger

    /// What the ledger of a lane says against what is there now; 0 when it balances.
    func unaccounted(lane: String) async throws -> Int {
        let gone = try await ledger("lane:\(lane):done") + ledger("lane:\(lane):discarded")
        let there =
            try await integer(["LLEN", .text(keys.lane(lane))]) + integer(["ZCARD", .text(keys.laneInflight(lane))])
            + integer(["ZCARD", .text(keys.laneParked(lane))])
            + integer(["ZCARD", .text(keys.laneDelayed(lane))]) + integer(["ZCARD", .text(keys.laneDead(lane))])
        return try await ledger("lane:\(lane):entered") - gone - there
    }

    func unaccountedEvents() async throws -> Int {
        let gone = try await ledger("queue:events:done") + ledger("queue:events:discarded")
        var there =
            try await integer(["LLEN", .text(keys.queue("events"))]) + integer(["LLEN", .text(keys.dead("events"))])
        for consumer in try await strings(["SMEMBERS", .text(keys.consumers("events"))]) {
            there += try await integer(["LLEN", .text(keys.work("events", consumer))])
        }
        return try await ledger("queue:events:entered") - gone - there
    }
}

extension Array where Element == [UInt8] {
    /// The entries as text.
    var texts: [String] { map { String(decoding: $0, as: UTF8.self) } }
}

import Verifiers

/// Learns what each source's payloads look like, from a sample of what has been archived, and tells what changes in them.
///
/// Off the way of a webhook: it reads some of the newest records now and then, few once it knows them. Any number of
/// processes may run one; one at a time has the turn.
@ControlPlane
final class ShapeLearner {
    /// How often it looks while there is something to learn, and else.
    private static let eagerPeriod = Duration.seconds(2)
    private static let calmPeriod = Duration.seconds(5)
    /// How many events of a source one pass looks at.
    private static let eagerSample = 50
    private static let calmSample = 20
    /// Records that are read in one exchange.
    private static let recordsPerCall = 10
    /// Sources that are asked about in one command.
    private static let sourcesPerCall = 1000
    /// A longer record is not looked at, in bytes.
    private static let longestRecord = 262_144
    /// A longer name of a type is not learned, in bytes.
    private static let longestType = 200
    /// Changes that one pass tells one by one.
    private static let mostLines = 20

    let connection: RedisConnection
    private let keys: Keys
    private let store: ShapeStore
    private let log: Log
    private let name: String
    private var sources: NamedTable<SourceConfiguration>
    private var providers: [String: any Provider] = [:]
    /// Sources of which nothing is known, or which lately have shown a payload that is not well known yet.
    private var eager: Set<String>
    /// By source, as of the last look at it.
    private var accepted: [String: Int64] = [:]
    private var task: Task<Void, Never>?

    init(_ redis: RedisSettings, _ configuration: Configuration, log: Log) {
        connection = RedisConnection(redis, scripts: ShapeStore.scripts, loop: ControlPlane.loop)
        keys = Keys(prefix: configuration.redis.prefix)
        store = ShapeStore(connection: connection, keys: ControlKeys(prefix: configuration.redis.prefix))
        self.log = log
        var ids = ULIDGenerator()
        name = ids.next(milliseconds: Clock.unixMilliseconds()).description
        sources = configuration.sources
        eager = Set(configuration.sources.map(\.name))
    }

    func start() {
        connection.start()
        task = Task { await run() }
    }

    /// Takes up a new configuration's sources.
    func reload(_ configuration: Configuration) {
        sources = configuration.sources
        providers = [:]
    }

    /// Takes up sources that have changed, in a configuration that is the same but for them.
    func take(_ names: Set<String>, of configuration: Configuration) {
        sources = configuration.sources
        for name in names { providers[name] = nil }
    }

    func stop() {
        task?.cancel()
        connection.stop()
    }

    private func run() async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: eager.isEmpty ? Self.calmPeriod : Self.eagerPeriod)
                guard connection.isReady, try await store.takesTurn(as: name) else { continue }
                try await pass()
            } catch {
                // Redis is away, or the gateway stops: both show at the loop's head.
            }
        }
    }

    /// Looks at what has come since the last pass, of each source.
    func pass() async throws {
        let counts = try await acceptedCounts()
        let busy = sources.filter { $0.enabled && counts[$0.name] != accepted[$0.name] }
        guard !busy.isEmpty else { return }
        let positions = try await store.positions()
        for source in busy {
            try Task.checkCancellation()
            try await learn(source, after: positions[source.name])
            accepted[source.name] = counts[source.name]
        }
    }

    /// How many deliveries each source has had, by the ledger: of thousands of sources few have something new.
    private func acceptedCounts() async throws(RedisFailure) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for start in stride(from: 0, to: sources.count, by: Self.sourcesPerCall) {
            let names = sources[start..<min(start + Self.sourcesPerCall, sources.count)].map(\.name)
            let reply = try await connection.command(
                ["HMGET", .text(keys.ledger)] + names.map { .text("source:\($0):accepted") })
            for (name, count) in zip(names, reply.elements ?? []) { counts[name] = count.integer }
        }
        return counts
    }

    // MARK: One source

    private func learn(_ source: SourceConfiguration, after position: Int64?) async throws {
        let sample = eager.contains(source.name) ? Self.eagerSample : Self.calmSample
        guard let provider = provider(of: source) else { return }
        let places = try await places(source.name, after: position, count: sample)
        guard let newest = places.map(\.receivedAt).max() else { return }
        eager.remove(source.name)
        var lessons: [String: TypeLesson] = [:]
        var start = 0
        while start < places.count {
            let chunk = places[start..<min(start + Self.recordsPerCall, places.count)]
            start = chunk.endIndex
            let replies = try await connection.pipeline(
                chunk.map { ["GETRANGE", .text(keys.event($0.id)), 0, .integer(Int64(Self.longestRecord - 1))] })
            for (place, reply) in zip(chunk, replies) {
                guard let bytes = reply.bytes, bytes.count < Self.longestRecord,
                    let payload = ArchivedPayload(bytes, provider: provider, source: source.name),
                    payload.type.utf8.count <= Self.longestType
                else { continue }
                if lessons[payload.type] == nil {
                    lessons[payload.type] = TypeLesson(
                        try await store.shape(of: source.name, type: payload.type) ?? PayloadShape())
                }
                lessons[payload.type]?.take(payload.observation, type: payload.type, at: place.receivedAt)
            }
            // Forwarding and administration share this thread.
            await Task.yield()
        }
        try await keep(lessons, of: source.name)
        try await store.setPosition(newest, of: source.name)
    }

    private func keep(_ lessons: [String: TypeLesson], of source: String) async throws {
        var told: [NotedShapeChange] = []
        for (type, lesson) in lessons.sorted(by: { $0.key < $1.key }) {
            let outcome = try await store.keep(
                lesson.shape, of: source, type: type, learnedFrom: lesson.learnedFrom, changes: lesson.changes)
            guard outcome == .kept else { continue }
            told += lesson.changes
            if !lesson.shape.isSteady { eager.insert(source) }
        }
        for note in told.prefix(Self.mostLines) { tell(note, of: source) }
        if told.count > Self.mostLines {
            log.warning(
                "more fields of a provider's payloads have changed; `types SOURCE --changes` lists them",
                ["source": .text(source), "changes": .number(told.count - Self.mostLines)])
        }
    }

    private func tell(_ note: NotedShapeChange, of source: String) {
        let fields: Log.Fields = [
            "source": .text(source), "type": .text(note.type), "field": .text(note.change.path),
            "was": .text(note.change.was.sentence), "now": .text(note.change.now.sentence),
        ]
        switch note.change.kind {
        case .appeared: log.info("a provider's payloads have a new field", fields)
        case .vanished: log.warning("a field of a provider's payloads has vanished", fields)
        case .changed: log.warning("a field of a provider's payloads has changed its type", fields)
        }
    }

    private func provider(of source: SourceConfiguration) -> (any Provider)? {
        if let known = providers[source.name] { return known }
        let made = try? source.makeProvider()
        providers[source.name] = made
        return made
    }

    // MARK: The sample

    private typealias Place = (id: String, receivedAt: Int64)

    /// Events that arrived after a position, oldest first: all, or so many of them, evenly spread and with the newest.
    private func places(
        _ source: String, after position: Int64?, count: Int
    ) async throws(RedisFailure) -> [Place] {
        let index = RedisArgument.text(keys.index(source))
        let replies = try await connection.pipeline([
            ["ZCARD", index], ["ZCOUNT", index, "-inf", .integer(position ?? -1)],
        ])
        let (all, seen) = (Int(replies[0].integer ?? 0), Int(replies[1].integer ?? 0))
        guard all > seen else { return [] }
        let taken = min(count, all - seen)
        // The last of each of as many equal stretches.
        let ranks = (1...taken).map { seen + $0 * (all - seen) / taken - 1 }
        let found = try await connection.pipeline(
            ranks.map { ["ZRANGE", index, .integer(Int64($0)), .integer(Int64($0)), "WITHSCORES"] })
        return found.compactMap { reply in
            guard let pair = reply.elements, pair.count == 2, let id = pair[0].string, let at = pair[1].integer else {
                return nil
            }
            return (id, at)
        }
    }
}

/// What one pass learns of one type.
private struct TypeLesson {
    private(set) var shape: PayloadShape
    /// How many samples the shape had before.
    let learnedFrom: Int
    private(set) var changes: [NotedShapeChange] = []

    init(_ shape: PayloadShape) {
        self.shape = shape
        learnedFrom = shape.samples
    }

    mutating func take(_ observation: PayloadObservation, type: String, at milliseconds: Int64) {
        for change in shape.learn(observation, at: milliseconds) {
            changes.append(NotedShapeChange(change: change, type: type, at: milliseconds))
        }
    }
}

extension PrometheusText {
    /// The changes of payloads' shapes, as the store counts them; without Redis there is no such family.
    @ControlPlane
    mutating func append(_ learner: ShapeLearner) async {
        guard let counts = await learner.changeCounts() else { return }
        family("webhook_shape_changes_total", .counter, "Fields of payloads that appeared, vanished or changed type.")
        for (source, kind, count) in counts {
            sample("webhook_shape_changes_total", ["source": source, "kind": kind], count)
        }
    }
}

extension ShapeLearner {
    /// How many changes were ever noticed, by all processes; nil without Redis. A configured source has all kinds.
    fileprivate func changeCounts() async -> [(source: String, kind: String, count: Int)]? {
        guard connection.isReady, let counts = try? await store.changeCounts() else { return nil }
        var all: [(source: String, kind: String, count: Int)] = []
        for source in Set(sources.map(\.name) + counts.map(\.source)).sorted() {
            for kind in ShapeChange.Kind.allCases {
                let count = counts.first { $0.source == source && $0.kind == kind.rawValue }?.count ?? 0
                all.append((source, kind.rawValue, count))
            }
        }
        return all
    }
}

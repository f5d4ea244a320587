import Verifiers

/// Takes refused deliveries in after all: those that prove authentic by the configuration of now go the way of every
/// delivery, through the pipeline and the accept script, with the time at which they arrived.
///
/// Accepting one twice, or one that the provider has delivered again meanwhile, makes no second event: the accept script
/// knows its idempotency key.
@ControlPlane
final class RefusalAcceptance {
    /// What the connection must know.
    static nonisolated let scripts: [RedisScript] = RefusalStore.scripts + [.accept]

    /// An event that a refusal has become.
    struct AcceptedEvent: Equatable, Sendable {
        var id: String
        var isDuplicate: Bool
        var isQuarantined = false
    }

    enum Outcome: Equatable, Sendable {
        case accepted([AcceptedEvent])
        /// Why it stays refused, for a person.
        case refused(String)
    }

    private let configuration: Configuration
    private let connection: RedisConnection
    private let keys: Keys
    private let store: RefusalStore
    private let judge: RefusalJudge
    private let events: EventStore
    private let pipeline = Pipeline()
    private var sources: [String: Source] = [:]

    init(_ configuration: Configuration, _ judge: RefusalJudge, connection: RedisConnection, keys: Keys) {
        self.configuration = configuration
        self.judge = judge
        self.connection = connection
        self.keys = keys
        store = RefusalStore(connection: connection, keys: keys)
        events = EventStore(
            connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds,
            maxDepth: configuration.queues.maxDepth)
    }

    /// - Parameter explains: whether the reason shall name the likely cause; else it is the kind of failure.
    func accept(_ refusal: Refusal, explains: Bool = true) async throws -> Outcome {
        if let events = refusal.events {
            return .accepted(events.map { AcceptedEvent(id: $0, isDuplicate: true) })
        }
        switch judge.verdict(on: refusal) {
        case .authentic: break
        case .undecidable(let reason): return .refused(reason)
        case .refused(let failure):
            return .refused((explains ? judge.explanation(of: refusal) : nil) ?? failure.rawValue)
        }
        guard let source = try source(named: refusal.source) else {
            return .refused("the source \(TextRule.quoted(refusal.source)) is disabled")
        }
        let opened = judge.opened(refusal)
        let accepted = try await take(opened, source)
        try await store.end(refusal, as: accepted.map(\.id))
        return .accepted(accepted)
    }

    // MARK: Steps

    private func take(_ refusal: Refusal, _ source: Source) async throws -> [AcceptedEvent] {
        // Ids are as old as the arrival, so each refusal begins with a generator of its own.
        var ids = ULIDGenerator()
        let context = RequestContext(
            requestID: ULID(refusal.id) ?? ids.next(milliseconds: refusal.receivedAt), peer: refusal.peer,
            receivedAt: refusal.receivedAt, startedAt: 0)
        let decision = pipeline.decide(refusal.delivery, for: source, context, trustsTrace: false, ids: &ids)
        guard case .store(let new, _) = decision else {
            throw RedisFailure.unexpectedReply("the delivery was authentic a moment ago")
        }
        guard !new.isEmpty else { return [] }
        let answers = try await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<[StoredEvent], RedisFailure>, Never>) in
            events.accept(new, of: source.keys) { continuation.resume(returning: $0) }
            events.flush()
        }.get()
        return zip(new, answers).map { event, answer in
            if case .duplicate(let first) = answer {
                return AcceptedEvent(id: first, isDuplicate: true, isQuarantined: event.isQuarantined)
            }
            return AcceptedEvent(id: event.id.description, isDuplicate: false, isQuarantined: event.isQuarantined)
        }
    }

    private func source(named name: String) throws -> Source? {
        if let known = sources[name] { return known }
        guard let own = configuration.source(named: name), own.enabled else { return nil }
        let rules = try MappingCatalog(overrides: configuration.mappings).rules(named: own.mapping)
        let source = try Source(own, mapper: Mapper(provider: own.provider, rules: rules), keys: keys)
        sources[name] = source
        return source
    }
}

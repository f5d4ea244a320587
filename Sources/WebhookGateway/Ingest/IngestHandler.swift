import Verifiers

/// The public listener's handler on one worker: finds the source, lets the pipeline decide, stores, answers.
final class IngestHandler: RequestHandler {
    private let log: Log
    private let accessLog: ListenConfiguration.AccessLog
    private let trustedProxies: [CIDRBlock]
    private let store: DurableStore
    private let loop: EventLoop
    private var sources: SourceTable
    private var pipeline = Pipeline()
    private var ids = ULIDGenerator()
    /// Requests to no source of ours, by status.
    private(set) var strangers: [Int: UInt64] = [:]

    init(
        sources: [Source], store: DurableStore, listen: ListenConfiguration, log: Log, loop: EventLoop
    ) {
        self.sources = SourceTable(sources)
        self.store = store
        trustedProxies = listen.trustedProxies
        accessLog = listen.accessLog
        self.log = log
        self.loop = loop
    }

    /// The figures so far, by source.
    var counters: [String: SourceCounters] {
        Dictionary(uniqueKeysWithValues: sources.all.map { ($0.name, $0.counters) })
    }

    /// Takes up a new configuration's sources; those that stay keep their figures.
    func replace(_ new: [Source]) {
        let figures = counters
        for source in new { source.counters = figures[source.name] ?? SourceCounters() }
        sources = SourceTable(new)
    }

    func admit(_ request: Request, _ context: RequestContext) -> Admission {
        guard let (source, _) = sources.find(request.path) else {
            finish(nil, IngestAnswer.unknownSource, context, peer: context.peer)
            return .refuse(IngestAnswer.unknownSource.response(requestID: context.requestID))
        }
        guard source.methods.contains(request.method) else {
            source.counters.count(.methodNotAllowed, nanoseconds: elapsed(context))
            let problem = IngestAnswer.methodNotAllowed(source.methods)
            finish(source, problem, context, peer: context.peer)
            return .refuse(problem.response(requestID: context.requestID))
        }
        return .accept(maxBodyBytes: source.maxBodyBytes)
    }

    func handle(_ request: Request, _ context: RequestContext, _ exchange: Exchange) {
        guard let (source, suffix) = sources.find(request.path) else {
            return exchange.reply(IngestAnswer.unknownSource.response(requestID: context.requestID))
        }
        let headers = request.headers
        let isTrusted = isTrustedProxy(context.peer)
        var peer = context.peer
        if isTrusted, let proxy = peer {
            peer = ForwardedFor.client(peer: proxy, headers: headers, trusted: trustedProxies)
        }
        let delivery = Delivery(
            method: request.method.text, target: request.target, pathSuffix: suffix, body: request.body,
            headers: headers,
            peer: peer, receivedAt: context.receivedAt / 1000)
        if request.method != .post {
            return answerHandshake(delivery, source, context, exchange)
        }
        switch pipeline.decide(delivery, for: source, context, trustsTrace: isTrusted, ids: &ids) {
        case .refuse(let failure):
            let problem = IngestAnswer.refused(failure)
            source.counters.count(RequestOutcome(failure), nanoseconds: elapsed(context))
            finish(source, problem, context, peer: peer, reason: failure.rawValue)
            exchange.reply(problem.response(requestID: context.requestID))
        case .store(let events, _):
            keep(events, source, context, peer, exchange)
        }
    }

    /// An event that had been spooled is in the store now.
    func drained(_ record: SpoolRecord, _ answer: StoredEvent) {
        guard let source = sources.all.first(where: { $0.name == record.source }) else { return }
        switch answer {
        case .new where !record.event.isQuarantined: source.counters.countEvent(record.event.type)
        case .duplicate: source.counters.countDuplicate()
        case .new, .spooled: break
        }
    }

    func rejected(status: Int, detail: String, _ context: RequestContext) {
        strangers[status, default: 0] += 1
        guard accessLog != .none else { return }
        log.info(
            "request refused",
            [
                "request": .text(context.requestID.description), "status": .integer(Int64(status)),
                "reason": .text(detail),
                "peer": context.peer.map { .text($0.description) } ?? .absent,
            ])
    }

    // MARK: Steps

    private func answerHandshake(
        _ delivery: Delivery, _ source: Source, _ context: RequestContext, _ exchange: Exchange
    ) {
        guard let reply = source.provider.handshake(delivery) else {
            return exchange.reply(IngestAnswer.methodNotAllowed(source.methods).response(requestID: context.requestID))
        }
        source.counters.count(.handshake, nanoseconds: elapsed(context))
        guard reply.status < 400 else {
            let problem = IngestAnswer.refused(reply.status == 403 ? .addressNotAllowed : .mismatch)
            finish(source, problem, context, peer: delivery.peer, reason: "handshake")
            return exchange.reply(problem.response(requestID: context.requestID))
        }
        exchange.reply(Response(HTTPStatus(UInt16(reply.status)), contentType: MediaType.text, body: reply.body))
    }

    private func keep(
        _ events: [NewEvent], _ source: Source, _ context: RequestContext, _ peer: IPAddress?, _ exchange: Exchange
    ) {
        guard !events.isEmpty else {
            source.counters.count(.accepted, nanoseconds: elapsed(context))
            return exchange.reply(IngestAnswer.received([]))
        }
        let kept = events.map { Kept(id: $0.id, type: $0.type, isQuarantined: $0.isQuarantined) }
        store.accept(events, of: source.keys) { [self] result in
            switch result {
            case .success(let answers): acknowledge(kept, answers, source, context, peer, exchange)
            case .failure(let failure):
                source.counters.count(.unavailable, nanoseconds: elapsed(context))
                finish(source, IngestAnswer.unavailable, context, peer: peer, reason: failure.description)
                exchange.reply(IngestAnswer.unavailable.response(requestID: context.requestID))
            }
        }
    }

    private struct Kept {
        var id: ULID
        var type: String
        var isQuarantined: Bool
    }

    private func acknowledge(
        _ kept: [Kept], _ answers: [StoredEvent], _ source: Source, _ context: RequestContext, _ peer: IPAddress?,
        _ exchange: Exchange
    ) {
        var told: [(id: String, isDuplicate: Bool?, isQuarantined: Bool)] = []
        told.reserveCapacity(kept.count)
        var outcome = RequestOutcome.duplicate
        for (event, answer) in zip(kept, answers) {
            switch answer {
            case .new:
                told.append((event.id.description, false, event.isQuarantined))
                if event.isQuarantined {
                    outcome = .quarantined
                } else {
                    if outcome == .duplicate { outcome = .accepted }
                    source.counters.countEvent(event.type)
                }
            case .duplicate(let first):
                told.append((first, true, event.isQuarantined))
                source.counters.countDuplicate()
            case .spooled:
                told.append((event.id.description, nil, event.isQuarantined))
                outcome = .spooled
            }
        }
        source.counters.count(outcome, nanoseconds: elapsed(context))
        exchange.reply(IngestAnswer.received(told))
        guard accessLog == .all else { return }
        log.info(
            "delivery",
            [
                "source": .text(source.name), "outcome": .text(outcome.rawValue),
                "request": .text(context.requestID.description), "event": .text(told.first?.id ?? ""),
                "type": .text(kept.first?.type ?? ""), "events": kept.count > 1 ? .integer(Int64(kept.count)) : .absent,
                "microseconds": .integer(Int64(elapsed(context) / 1000)),
                "peer": peer.map { .text($0.description) } ?? .absent,
            ])
    }

    private func finish(
        _ source: Source?, _ problem: Problem, _ context: RequestContext, peer: IPAddress?, reason: String? = nil
    ) {
        if source == nil { strangers[Int(problem.status.code), default: 0] += 1 }
        guard accessLog != .none else { return }
        log.info(
            "delivery refused",
            [
                "source": source.map { .text($0.name) } ?? .absent, "status": .integer(Int64(problem.status.code)),
                "reason": .text(reason ?? problem.title), "request": .text(context.requestID.description),
                "peer": peer.map { .text($0.description) } ?? .absent,
            ])
    }

    private func isTrustedProxy(_ peer: IPAddress?) -> Bool {
        guard !trustedProxies.isEmpty, let peer else { return false }
        return trustedProxies.contains { $0.contains(peer) }
    }

    private func elapsed(_ context: RequestContext) -> UInt64 { Clock.monotonicNanoseconds() &- context.startedAt }
}

extension RequestOutcome {
    init(_ failure: VerificationFailure) {
        switch failure {
        case .missing: self = .missing
        case .malformed: self = .malformed
        case .mismatch: self = .mismatch
        case .expired: self = .expired
        case .addressNotAllowed: self = .addressNotAllowed
        }
    }
}

extension HTTPMethod {
    /// The name as text; short enough to need no allocation.
    var text: String { name.description }
}

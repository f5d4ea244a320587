import Verifiers

/// The public listener's handler on one worker: finds the source, lets the pipeline decide, stores, answers.
final class IngestHandler: RequestHandler {
    private let accessLog: AccessLog
    private let trustedProxies: [CIDRBlock]
    private let failures: FailureLimiter?
    private let refusals: RefusalKeeper?
    private let store: DurableStore
    private let loop: EventLoop
    private var sources: SourceTable
    /// What a path that no source has is answered.
    private var unknownSource: Problem
    private let pipeline = Pipeline()
    private var ids = ULIDGenerator()
    /// Requests to no source of ours, by status.
    private(set) var strangers: [Int: UInt64] = [:]

    /// - Parameters:
    ///   - mayLackSources: whether there may be sources that could not be read yet.
    ///   - failures: shared with the other workers; nil: no limit.
    ///   - refusals: keeps some of the refused deliveries; nil: nobody does.
    init(
        sources: [Source], mayLackSources: Bool = false, store: DurableStore, listen: ListenConfiguration,
        failures: FailureLimiter?, refusals: RefusalKeeper? = nil, log: Log, loop: EventLoop
    ) {
        self.sources = SourceTable(sources)
        unknownSource = mayLackSources ? IngestAnswer.sourcesNotRead : IngestAnswer.unknownSource
        self.store = store
        self.failures = failures
        self.refusals = refusals
        trustedProxies = listen.trustedProxies
        accessLog = AccessLog(listen.accessLog, log: log, loop: loop)
        self.loop = loop
    }

    /// Log lines that nobody read in time.
    var droppedLines: UInt64 { accessLog.lines.dropped }

    /// The figures so far, by source.
    var counters: [String: SourceCounters] {
        Dictionary(uniqueKeysWithValues: sources.all.map { ($0.name, $0.counters) })
    }

    /// The source of that name.
    func source(named name: String) -> Source? { sources.source(named: name) }

    /// Takes up a new configuration's sources; those that stay keep their figures.
    func replace(_ new: [Source], mayLackSources: Bool = false) {
        for source in new {
            if let current = self.source(named: source.name), current !== source { source.counters = current.counters }
        }
        sources = SourceTable(new)
        unknownSource = mayLackSources ? IngestAnswer.sourcesNotRead : IngestAnswer.unknownSource
    }

    /// Takes up sources that are new or other, and lets go of those that are gone; figures go on.
    func change(_ changed: [Source], removing removed: [String], mayLackSources: Bool = false) {
        for name in removed { sources.remove(name) }
        for source in changed {
            if let current = self.source(named: source.name) { source.counters = current.counters }
            sources.put(source)
        }
        unknownSource = mayLackSources ? IngestAnswer.sourcesNotRead : IngestAnswer.unknownSource
    }

    /// The source that admitted a request; nil before that, and when it has been replaced since.
    private func source(of context: RequestContext) -> Source? { sources.source(of: context.route) }

    func admit(_ request: Request, _ context: RequestContext) -> Admission {
        guard let (source, _) = sources.find(request.path) else {
            return refuse(unknownSource, nil, context, context.peer)
        }
        guard source.methods.contains(request.method) else {
            source.counters.count(.methodNotAllowed, nanoseconds: elapsed(context))
            return refuse(IngestAnswer.methodNotAllowed(source.methods), source, context, context.peer)
        }
        if let failures, let peer = client(request, context), let seconds = failures.wait(peer, now: loop.now) {
            source.counters.count(.addressLimited, nanoseconds: elapsed(context))
            return refuse(IngestAnswer.tooManyFailures(retryAfter: seconds), source, context, peer)
        }
        return .accept(maxBodyBytes: source.maxBodyBytes, route: source.route)
    }

    func handle(_ request: Request, _ context: RequestContext, _ exchange: Exchange) {
        // The source that admitted the request, unless it has been replaced while the body came.
        guard let source = source(of: context) ?? sources.find(request.path)?.source else {
            return exchange.reply(unknownSource.response(requestID: context.requestID))
        }
        let peer = client(request, context)
        let headers = request.headers
        let delivery = Delivery(
            method: request.method.text, target: request.target,
            pathSuffix: SourceTable.suffix(of: request.path, after: source),
            body: request.body,
            headers: headers,
            peer: peer, receivedAt: context.receivedAt / 1000)
        if request.method != .post {
            return answerHandshake(delivery, source, context, exchange)
        }
        if source.asked.contains("POST"), let reply = source.provider.handshake(delivery) {
            return answer(reply, source, context, exchange, from: peer)
        }
        switch pipeline.decide(delivery, for: source, context, trustsTrace: isTrustedProxy(context.peer), ids: &ids) {
        case .refuse(let failure): refuse(delivery, because: failure, source, context, peer, exchange)
        case .store(let events, let secret):
            source.counters.countProof(secret: secret)
            guard let seconds = source.tokenSeconds, let claim = source.provider.tokenClaim(of: delivery) else {
                return keep(events, source, context, peer, exchange)
            }
            // The signature does not cover the body: no other process may have taken another event by this token.
            store.claim(claim, of: source.keys, seconds: seconds) { [self] isOurs in
                guard isOurs else {
                    source.provider.forget(claim)
                    return refuse(nil, because: .mismatch, source, context, peer, exchange)
                }
                keep(events, source, context, peer, exchange)
            }
        }
    }

    /// An event that had been spooled is in the store now.
    func drained(_ record: SpoolRecord, _ answer: StoredEvent) {
        guard let source = source(named: record.source) else { return }
        switch answer {
        case .new where !record.event.isQuarantined: source.counters.countEvent(record.event.type)
        case .duplicate: source.counters.countDuplicate()
        case .new, .spooled: break
        }
    }

    func rejected(status: Int, detail: String, _ context: RequestContext) {
        let source = source(of: context)
        if let source {
            source.counters.count(RequestOutcome(rejectedWith: status), nanoseconds: elapsed(context))
        } else {
            strangers[status, default: 0] += 1
        }
        accessLog.refused(source: source?.name, status: status, reason: detail, context, peer: context.peer)
    }

    private func refuse(_ problem: Problem, _ source: Source?, _ context: RequestContext, _ peer: IPAddress?)
        -> Admission
    {
        finish(source, problem, context, peer: peer)
        return .refuse(problem.response(requestID: context.requestID))
    }

    /// The client's address, trusted proxies resolved.
    private func client(_ request: Request, _ context: RequestContext) -> IPAddress? {
        guard let peer = context.peer, isTrustedProxy(peer) else { return context.peer }
        return ForwardedFor.client(peer: peer, headers: request.headers, trusted: trustedProxies)
    }

    private func countFailure(_ peer: IPAddress?) {
        if let failures, let peer { failures.fail(peer, now: loop.now) }
    }

    // MARK: Steps

    private func answerHandshake(
        _ delivery: Delivery, _ source: Source, _ context: RequestContext, _ exchange: Exchange
    ) {
        guard let reply = source.provider.handshake(delivery) else {
            return exchange.reply(IngestAnswer.methodNotAllowed(source.methods).response(requestID: context.requestID))
        }
        answer(reply, source, context, exchange, from: delivery.peer)
    }

    private func answer(
        _ reply: HandshakeReply, _ source: Source, _ context: RequestContext, _ exchange: Exchange,
        from peer: IPAddress?
    ) {
        source.counters.count(.handshake, nanoseconds: elapsed(context))
        guard reply.status < 400 else {
            countFailure(peer)
            let problem = reply.status == 403 ? IngestAnswer.wrongToken : IngestAnswer.refused(.mismatch)
            finish(source, problem, context, peer: peer, reason: "handshake")
            return exchange.reply(problem.response(requestID: context.requestID))
        }
        exchange.reply(IngestAnswer.handshake(reply))
    }

    /// - Parameter delivery: may be kept for a second look; nil: one whose token was used is a replay.
    private func refuse(
        _ delivery: Delivery?, because failure: VerificationFailure, _ source: Source, _ context: RequestContext,
        _ peer: IPAddress?, _ exchange: Exchange
    ) {
        let problem = IngestAnswer.refused(failure, status: source.answers.refusedStatus)
        source.counters.count(RequestOutcome(failure), nanoseconds: elapsed(context))
        countFailure(peer)
        finish(source, problem, context, peer: peer, reason: failure.rawValue)
        if let delivery {
            refusals?.refused(
                delivery, because: failure, status: Int(problem.status.code), source, context, now: loop.now)
        }
        exchange.reply(problem.response(requestID: context.requestID))
    }

    private func keep(
        _ events: [NewEvent], _ source: Source, _ context: RequestContext, _ peer: IPAddress?, _ exchange: Exchange
    ) {
        if let rate = source.rate, let seconds = rate.take(now: loop.now) {
            let problem = IngestAnswer.rateLimited(retryAfter: seconds)
            source.counters.count(.rateLimited, nanoseconds: elapsed(context))
            finish(source, problem, context, peer: peer)
            return exchange.reply(problem.response(requestID: context.requestID))
        }
        guard !events.isEmpty else {
            source.counters.count(.accepted, nanoseconds: elapsed(context))
            return exchange.reply(IngestAnswer.received([], [], as: source.answers))
        }
        store.accept(events, of: source.keys) { [self] result in
            switch result {
            case .success(let answers): acknowledge(events, answers, source, context, peer, exchange)
            case .failure(let failure):
                if let limit = failure.tenantLimit { return refuse(limit, source, context, peer, exchange) }
                let isFull = failure == .refused(RedisRefusal.queueFull)
                let problem = isFull ? IngestAnswer.queueFull : IngestAnswer.unavailable
                source.counters.count(isFull ? .queueFull : .unavailable, nanoseconds: elapsed(context))
                finish(source, problem, context, peer: peer, reason: failure.description)
                exchange.reply(problem.response(requestID: context.requestID))
            }
        }
    }

    /// The provider is to deliver it again: what the store took of it proves a duplicate then.
    private func refuse(
        _ limit: TenantLimit.Refusal, _ source: Source, _ context: RequestContext, _ peer: IPAddress?,
        _ exchange: Exchange
    ) {
        let problem = IngestAnswer.tenantLimited(retryAfter: limit.seconds)
        source.counters.count(.tenantLimited, nanoseconds: elapsed(context))
        finish(source, problem, context, peer: peer, reason: "tenant \(limit.tenant) over tenantLimits.eventsPerMinute")
        exchange.reply(problem.response(requestID: context.requestID))
    }

    private func acknowledge(
        _ events: [NewEvent], _ answers: [StoredEvent], _ source: Source, _ context: RequestContext,
        _ peer: IPAddress?, _ exchange: Exchange
    ) {
        var outcome = RequestOutcome.duplicate
        // By index: a copy of an event counts the references of all its parts.
        for index in answers.indices {
            switch answers[index] {
            case .new:
                if events[index].isQuarantined {
                    outcome = .quarantined
                } else {
                    if outcome == .duplicate { outcome = .accepted }
                    source.counters.countEvent(events[index].type)
                }
            case .duplicate: source.counters.countDuplicate()
            case .spooled: outcome = .spooled
            }
        }
        let nanoseconds = elapsed(context)
        source.counters.count(outcome, nanoseconds: nanoseconds)
        exchange.reply(IngestAnswer.received(events, answers, as: source.answers))
        accessLog.delivered(
            AccessLog.Delivery(
                source: source.name, outcome: outcome, request: context.requestID,
                event: Self.toldID(events.first, answers.first), type: events.first?.type ?? "", events: events.count,
                microseconds: nanoseconds / 1000, peer: peer))
    }

    /// The id that the provider was told: of a duplicate, its first delivery's.
    private static func toldID(_ event: NewEvent?, _ answer: StoredEvent?) -> String {
        if case .duplicate(let first)? = answer { return first }
        return event?.id.description ?? ""
    }

    private func finish(
        _ source: Source?, _ problem: Problem, _ context: RequestContext, peer: IPAddress?, reason: String? = nil
    ) {
        let status = Int(problem.status.code)
        if source == nil { strangers[status, default: 0] += 1 }
        accessLog.refused(
            source: source?.name, status: status, reason: reason ?? problem.title, context, peer: peer)
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

extension RequestOutcome {
    /// What a rest of a request was that could not be taken.
    fileprivate init(rejectedWith status: Int) {
        switch status {
        case 413: self = .tooLarge
        case 408: self = .timeout
        case 503: self = .unavailable
        default: self = .badRequest
        }
    }
}

extension HTTPMethod {
    /// The name as text; short enough to need no allocation.
    var text: String { name.description }
}

/// Where a worker's deliveries become durable: in Redis, or, while it is away, in the spool. The answer 200 may be
/// given as soon as this says so, and not before.
final class DurableStore {
    /// What a worker needs for its part of the spool.
    struct Plan: Sendable {
        /// `<dataDirectory>/spool`.
        var directory: String
        /// Names this process among those that ever wrote there.
        var instance: String
        var segmentBytes: Int
        var status: SpoolStatus
    }

    /// After a failure of the disk it is left alone for so long.
    private static let pauseAfterDiskFailure = Duration.milliseconds(500)
    /// So many events are worth a call of the accept script of their own: what a call costs beside them is small then.
    private static let eventsPerWrite = 16
    /// A Redis that lets commands wait for so long gets no more of them: the spool is faster.
    private static let patience = Duration.milliseconds(500)
    /// Bytes of events that may wait for Redis' answer on one worker; past them the spool takes more.
    static let mostBytesInFlight = 64 << 20
    private static let adoptionPeriod = Duration.seconds(5)

    private struct Waiting {
        var records: [SpoolRecord]
        var cause: RedisFailure
        var completion: EventStore.Completion
    }

    let connection: RedisConnection
    private let store: EventStore
    private let commits: GroupCommit
    private let plan: Plan?
    private let drainer: SpoolDrainer?
    private let storeGuard: StoreGuard?
    private let outages: OutageLog
    private let identity: StoreIdentity?
    private let worker: Int
    private let loop: EventLoop
    private let log: Log
    private var folder: SpoolFolder?
    private var waiting: [Waiting] = []
    /// What every delivery goes through when Redis has answered; made once for all.
    private var settlement: EventStore.Settlement?
    /// Redis answers, but takes nothing in: not tried again before the drainer has been successful.
    private var isRefusing = false
    /// Whether it was said that Redis is there.
    private var isServed = false
    private let mostBytesInFlight: Int
    private var bytesInFlight = 0
    private var diskFailedUntil: UInt64 = 0
    private var isDiskFailureTold = false
    private var isAdopting = false

    /// - Parameters:
    ///   - maxDepth: how many entries a queue may hold before new events are refused; 0: no limit. What was spooled is
    ///     acknowledged: it is stored however deep the queue is.
    ///   - tally: keeps what the store has confirmed; nil: nobody does.
    ///   - examination: what must hold of a server before it gets events; nil: any gets them.
    ///   - identity: notes which server it was.
    ///   - plan: nil: there is no spool.
    init(
        connection: RedisConnection, keys: Keys, archiveSeconds: Int, maxDepth: Int = 0, tally: StoreTally? = nil,
        examination: StoreExamination? = nil, identity: StoreIdentity? = nil,
        mostBytesInFlight: Int = DurableStore.mostBytesInFlight, plan: Plan?, worker: Int,
        outages: OutageLog, loop: EventLoop, log: Log
    ) {
        self.connection = connection
        self.mostBytesInFlight = mostBytesInFlight
        self.plan = plan
        self.worker = worker
        self.outages = outages
        self.identity = identity
        self.loop = loop
        self.log = log
        store = EventStore(
            connection: connection, keys: keys, archiveSeconds: archiveSeconds, maxDepth: maxDepth, tally: tally)
        commits = GroupCommit(store, on: connection)
        drainer = plan.map {
            // A store of its own: its batches leave when the drainer says so, not with the turn's deliveries.
            let store = EventStore(
                connection: connection, keys: keys, archiveSeconds: archiveSeconds, makesAliases: true, tally: tally)
            return SpoolDrainer(
                connection: connection, store: store, keys: keys, status: $0.status, loop: loop, log: log)
        }
        storeGuard = examination.map { StoreGuard($0, connection: connection, keys: keys, tally: tally) }
        storeGuard?.examined = { [weak self] in self?.examined($0) }
        drainer?.mayStore = { [weak self] in self?.isConnected ?? false }
        drainer?.finished = { [weak self] in self?.drained($0) }
        drainer?.putBack = { [weak self] in self?.putBack($0) ?? false }
        connection.willFlush = { [weak self] in self?.flush() }
        connection.stateChanged = { [weak self] isReady, reason in self?.connectionChanged(isReady, reason) }
        settlement = { [weak self] result, events, source, completion in
            guard let self else { return completion(result) }
            self.settle(result, events, source, completion)
        }
        if worker == 0, plan != nil { adopt() }
    }

    /// Told of each event that went from the spool into the store.
    var drainedEvent: ((SpoolRecord, StoredEvent) -> Void)? {
        get { drainer?.stored }
        set { drainer?.stored = newValue }
    }

    /// Whether deliveries can be taken in right now.
    var isReady: Bool { canSpool || isConnected && !isRefusing }

    /// Whether there is a Redis that events may go to.
    var isConnected: Bool { connection.isReady && storeGuard?.isFit != false }

    /// The memory that a delivery's events take until they are settled, in bytes.
    private static func size(of events: [NewEvent]) -> Int { events.reduce(0) { $0 + $1.record.count } }

    /// Keeps a delivery's events. A failure of Redis is none of this while the spool has room.
    func accept(_ events: [NewEvent], of source: SourceKeys, then completion: @escaping EventStore.Completion) {
        let bytes = Self.size(of: events)
        guard canSpool else {
            guard isConnected, hasRoom else { return completion(.failure(.unavailable(problem))) }
            bytesInFlight += bytes
            return send(events, of: source, through: nil) { [weak self] result in
                self?.bytesInFlight -= bytes
                self?.answered(result, completion)
            }
        }
        guard isConnected, hasRoom, !isRefusing, !isSlow else {
            return keep(events.map { SpoolRecord($0, source) }, .unavailable(problem), completion)
        }
        bytesInFlight += bytes
        send(events, of: source, through: settlement, then: completion)
    }

    /// In a turn with many deliveries Redis begins with the first ones while the others are read; it would otherwise be
    /// idle until the end of the turn, and we then until it has done all of them.
    private func send(
        _ events: [NewEvent], of source: SourceKeys, through settlement: EventStore.Settlement?,
        then completion: @escaping EventStore.Completion
    ) {
        guard !connection.syncsEachWrite else {
            return commits.add(events, of: source, through: settlement, then: completion)
        }
        store.accept(events, of: source, through: settlement, then: completion)
        guard store.gathered >= Self.eventsPerWrite else { return }
        store.flush()
        connection.writeCommands()
    }

    /// Redis has taken a delivery's events, or has not.
    private func settle(
        _ result: Result<[StoredEvent], RedisFailure>, _ events: [NewEvent], _ source: SourceKeys,
        _ completion: @escaping EventStore.Completion
    ) {
        bytesInFlight -= Self.size(of: events)
        guard case .failure(let failure) = result else { return completion(result) }
        if failure == .refused(RedisRefusal.queueFull) { return refuseAsFull(completion) }
        // A tenant's limit says nothing about Redis, and the spool is no way round it.
        if let limit = failure.tenantLimit {
            outages.limitReached(by: limit.tenant, log)
            return completion(result)
        }
        note(failure)
        keep(events.map { SpoolRecord($0, source) }, failure, completion)
    }

    /// Ends the connection and the worker's part of the spool; what waits for Redis' word is written there.
    func close() {
        connection.stateChanged = nil
        connection.stop()
        commits.flush()
        commit()
        guard let folder, folder.isEmpty else { return }
        folder.remove()
    }

    // MARK: Redis' state

    private var problem: String {
        guard connection.isReady else { return connection.problem }
        return isConnected ? "too much waits for its answer" : storeGuard?.problem ?? ""
    }

    /// Whether more may wait for Redis' answer: a server that reads slowly must not fill our memory.
    private var hasRoom: Bool { bytesInFlight < mostBytesInFlight }

    private var isSlow: Bool { connection.oldestPendingAge > Self.patience }

    private func answered(_ result: Result<[StoredEvent], RedisFailure>, _ completion: EventStore.Completion) {
        switch result {
        case .success: noteSuccess()
        case .failure(.refused(RedisRefusal.queueFull)): return refuseAsFull(completion)
        case .failure(let failure):
            if let limit = failure.tenantLimit {
                outages.limitReached(by: limit.tenant, log)
                return completion(result)
            }
            note(failure)
            if plan?.status.isFull == true { tellFull() }
        }
        completion(result)
    }

    /// The spool is no way round the limit: it would only put the events off.
    private func refuseAsFull(_ completion: EventStore.Completion) {
        outages.queueFull(log)
        completion(.failure(.refused(RedisRefusal.queueFull)))
    }

    private func note(_ failure: RedisFailure) {
        switch failure {
        case .unavailable, .unknownOutcome: return
        case .refused(let reason) where RedisRefusal.concernsServer(reason):
            isRefusing = true
            outages.lost(worker, reason: failure.description, log)
        case .refused, .unexpectedReply: outages.refused(reason: failure.description, log)
        }
    }

    private func noteSuccess() {
        guard isRefusing else { return }
        isRefusing = false
        outages.back(worker, at: connection.settings.description, log)
    }

    private func drained(_ result: Result<Void, RedisFailure>) {
        switch result {
        case .success: noteSuccess()
        case .failure(let failure): note(failure)
        }
    }

    private func connectionChanged(_ isReady: Bool, _ reason: String) {
        storeGuard?.connectionChanged()
        isServed = false
        guard isReady else { return outages.lost(worker, reason: reason, log) }
        if storeGuard == nil { connected(at: reason) }
    }

    private func examined(_ verdict: StoreExamination.Verdict) {
        identity?.note(verdict, log)
        // Replicas are waited for by a command that a transaction does not let wait.
        connection.syncsEachWrite = verdict.syncsEachWrite && connection.settings.waitReplicas == 0
        if let problem = verdict.problem {
            isServed = false
            return outages.lost(worker, reason: problem, log)
        }
        if !isServed { connected(at: connection.settings.description) }
    }

    private func connected(at reason: String) {
        isServed = true
        isRefusing = false
        outages.back(worker, at: reason, log)
        drainer?.wake()
    }

    // MARK: Spooling

    private var canSpool: Bool {
        plan?.status.isFull == false && loop.now >= diskFailedUntil
    }

    private func keep(_ records: [SpoolRecord], _ cause: RedisFailure, _ completion: @escaping EventStore.Completion) {
        waiting.append(Waiting(records: records, cause: cause, completion: completion))
    }

    /// The end of a turn: what goes to the spool is written at once, with one fdatasync for all, and then answered.
    private func flush() {
        commits.flush()
        if !waiting.isEmpty {
            commit()
            // Answers may have brought new requests, which hooks that ran before this one have not seen.
            loop.schedule(after: .zero) {}
            drainer?.wake()
        }
        store.flush()
    }

    private func commit() {
        while !waiting.isEmpty {
            let all = waiting
            waiting = []
            var taken: [Waiting] = []
            for delivery in all {
                if canSpool, plan?.status.reserve(SpoolFolder.room(for: delivery.records)) == true {
                    taken.append(delivery)
                } else {
                    if canSpool { tellFull() }
                    delivery.completion(.failure(delivery.cause))
                }
            }
            guard !taken.isEmpty else { continue }
            let isWritten = write(taken.flatMap(\.records))
            for delivery in taken {
                delivery.completion(
                    isWritten ? .success(delivery.records.map { _ in .spooled }) : .failure(delivery.cause))
            }
        }
    }

    /// Room for the records has been reserved.
    private func write(_ records: [SpoolRecord]) -> Bool {
        guard let plan else { return false }
        do throws(SystemError) {
            try ownFolder(plan).append(records, segmentBytes: plan.segmentBytes)
            if isDiskFailureTold {
                isDiskFailureTold = false
                log.info("the spool can be written again")
            }
            return true
        } catch {
            plan.status.release(SpoolFolder.room(for: records))
            diskFailedUntil = Clock.monotonicNanoseconds() &+ Self.pauseAfterDiskFailure.nanoseconds
            if !isDiskFailureTold {
                isDiskFailureTold = true
                log.error(
                    "the spool cannot be written; deliveries are answered 503 while Redis is away. Free space on, or repair, the disk of the data directory",
                    ["directory": .text(plan.directory), "reason": .text(error.description)])
            }
            return false
        }
    }

    private func ownFolder(_ plan: Plan) throws(SystemError) -> SpoolFolder {
        if let folder { return folder }
        let made = try SpoolFolder.create(in: plan.directory, named: "\(plan.instance)-\(worker)", status: plan.status)
        folder = made
        drainer?.add(made)
        return made
    }

    private func putBack(_ records: [SpoolRecord]) -> Bool {
        guard let plan, plan.status.reserve(SpoolFolder.room(for: records)) else { return false }
        return write(records)
    }

    private func tellFull() {
        guard let plan else { return }
        outages.spoolFull(log, maxBytes: plan.status.maxBytes)
    }

    // MARK: What others have left

    /// Takes over the folders of processes that are gone, now and from time to time: a process that this one replaces
    /// may still be there at the start.
    private func adopt() {
        guard let plan, !isAdopting else { return }
        let foreign = SpoolFolder.list(plan.directory).filter { !$0.hasPrefix("\(plan.directory)/\(plan.instance)-") }
        if !foreign.isEmpty {
            isAdopting = true
            do throws(SystemError) {
                try loop.offload({ foreign.compactMap { SpoolFolder.take($0) } }) { [weak self] abandoned in
                    // This store may have gone meanwhile: its successor must find the folders free.
                    guard let self else { return abandoned.forEach { $0.release() } }
                    took(abandoned)
                }
            } catch {
                isAdopting = false
            }
        }
        loop.schedule(after: Self.adoptionPeriod) { [weak self] in self?.adopt() }
    }

    private func took(_ abandoned: [SpoolFolder.Abandoned]) {
        isAdopting = false
        guard let plan else { return }
        for entry in abandoned {
            let events = entry.segments.reduce(0) { $0 + $1.events.values.reduce(0, +) }
            if events > 0 {
                log.info(
                    "spooled events of an earlier process found",
                    ["folder": .text(entry.path), "events": .number(events)])
            }
            drainer?.add(SpoolFolder(entry, status: plan.status))
        }
    }
}

extension SpoolRecord {
    /// An event on its way.
    fileprivate init(_ event: NewEvent, _ source: SourceKeys) {
        self.init(
            source: source.source, queues: source.queues, dedupeWindowSeconds: source.dedupeWindowSeconds, event: event)
    }
}

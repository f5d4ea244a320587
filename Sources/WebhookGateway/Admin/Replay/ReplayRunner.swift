import Verifiers

/// Works on replays of many events: makes their plans, then sends at the rate that was asked for.
///
/// All that it knows is in Redis and each step is one script, so that another process, or this one after a restart,
/// goes on where it ended: no event is left out, none is sent twice.
@ControlPlane
final class ReplayRunner {
    private static let interval = Duration.milliseconds(500)
    private static let eventsPerPlanStep = 1000
    /// Steps that are sent in one write at most.
    private static let stepsPerWrite = 500

    private let services: AdminServices
    private let name = RandomText.make()
    private var running: Set<String> = []
    private var task: Task<Void, Never>?
    private var sources: [String: Source] = [:]
    /// When a job's next tick is due.
    private var due: [String: ContinuousClock.Instant] = [:]

    init(_ services: AdminServices) { self.services = services }

    private var store: ReplayStore { services.replays }

    func start() {
        task = Task { [weak self] in
            while !Task.isCancelled {
                await self?.look()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    func stop() { task?.cancel() }

    /// Takes up the jobs that nobody works on.
    func look() async {
        guard let ids = try? await store.active() else { return }
        for id in ids where !running.contains(id) {
            guard (try? await store.lease(id, for: name)) == true else { continue }
            running.insert(id)
            Task { [weak self] in
                await self?.work(on: id)
                self?.running.remove(id)
                self?.due[id] = nil
            }
        }
    }

    private var isStopped: Bool { task?.isCancelled ?? true }

    private func work(on id: String) async {
        // A mapping may have changed since the last job.
        sources = [:]
        do {
            while !isStopped, try await store.lease(id, for: name), let job = try await store.job(id) {
                switch job.state {
                case .planning: try await plan(job)
                case .running: try await run(job)
                case .paused, .cancelled, .done: return
                }
            }
        } catch let failure as RedisFailure {
            // It is taken up again by the next look.
            services.log.warning("a replay waits for Redis", ["replay": .text(id), "reason": .text("\(failure)")])
        } catch {
            let reason = "\(error)"
            _ = try? await store.change(id, from: [.planning, .running], to: .paused, reason: reason)
            services.log.error("a replay was paused", ["replay": .text(id), "reason": .text(reason)])
        }
    }

    // MARK: Plan

    private func plan(_ job: ReplayJob) async throws {
        let view = PrincipalStore(
            principal: Principal(name: job.who, role: .operator, tenant: job.tenant), services: services)
        let query = try ReplayFilter.query(job.order.filter, at: job.createdAt)
        let (events, plan, next) = try await view.planStep(query, after: job.cursor, limit: Self.eventsPerPlanStep)
        try await store.planned(job, events, plan, next: next)
    }

    // MARK: Run

    /// Sends for one tick.
    private func run(_ job: ReplayJob) async throws {
        let perTick = max(1, min(Self.stepsPerWrite, (job.order.rate + 9) / 10))
        let items = try await store.items(job.id, count: perTick)
        guard !items.isEmpty else {
            if try await store.change(job.id, from: [.running], to: .done) {
                services.log.info("a replay has ended", ["replay": .text(job.id), "sent": .integer(Int64(job.done))])
            }
            return
        }
        var calls: [ScriptCall] = []
        var failure: String?
        let records = try await records(of: items)
        let replay = EventReplay(connection: services.connection, keys: services.keys)
        let numbers = job.order.isForced ? try await replay.forcedNumbers(items.map(Self.id)) : []
        for (index, item) in items.enumerated() {
            let forced = job.order.isForced ? numbers[index] : 0
            calls.append(try call(item, records, job, forced, &failure))
        }
        let replies = try await services.connection.evaluate(calls)
        let failed = replies.count { $0.integer == 0 }
        if job.failed - job.forgiven + failed > job.order.errorBudget {
            let reason = failure ?? "records have expired"
            _ = try await store.change(
                job.id, from: [.running], to: .paused,
                reason:
                    "\(job.failed - job.forgiven + failed) events could not be sent (errorBudget \(job.order.errorBudget)): \(reason)"
            )
        }
        try await pause(job, after: items.count)
    }

    /// Keeps to the rate over the ticks: one that was late is made up for, but no more than a second's worth.
    private func pause(_ job: ReplayJob, after count: Int) async throws {
        let now = ContinuousClock.now
        let pace = Duration.nanoseconds(Int64(count) * 1_000_000_000 / Int64(job.order.rate))
        let next = max(due[job.id] ?? now, now - .seconds(1)) + pace
        due[job.id] = next
        if next > now { try await Task.sleep(for: next - now) }
    }

    private func records(of items: [String]) async throws -> [String: EventRecord] {
        let ids = Array(Set(items.map(Self.id)))
        let replies = try await services.connection.pipeline(ids.map { ["GET", .text(services.keys.event($0))] })
        var records: [String: EventRecord] = [:]
        for (id, reply) in zip(ids, replies) { records[id] = reply.bytes.flatMap { EventRecord($0) } }
        return records
    }

    private static func id(_ item: String) -> String {
        item.lastIndex(of: "|").map { String(item[item.index(after: $0)...]) } ?? item
    }

    /// The step of one entry; what cannot be sent is taken off the list and counted.
    private func call(
        _ item: String, _ records: [String: EventRecord], _ job: ReplayJob, _ forced: Int, _ failure: inout String?
    ) throws -> ScriptCall {
        let id = Self.id(item)
        let keys = services.keys
        let more = [keys.replay(job.id), keys.replayItems(job.id)]
        do throws(EventReplay.Refusal) {
            guard let record = records[id] else { throw EventReplay.Refusal(reason: "its record has expired") }
            let json = job.order.isMappedAnew ? try remapped(id, record) : nil
            let target = ReplayJob.target(item.dropLast(id.count + 1))
            var call = try EventReplay(connection: services.connection, keys: keys).makeCall(
                id, record, to: target, as: json, replay: job.id, forced: forced, script: .replayStep, and: more)
            call.add(item)
            return call
        } catch {
            failure = "\(id): \(error.reason)"
            var call = ScriptCall(
                .replayStep,
                keys: [
                    keys.event(id), keys.state(id), keys.attempts(id), keys.ledger, keys.queue(job.order.queue),
                    keys.laneDead(""),
                ] + more)
            for argument in ["skip", "", id, "", "", "0", item] { call.add(argument) }
            return call
        }
    }

    /// The event as the mapping in force makes it, with its own id.
    private func remapped(_ id: String, _ record: EventRecord) throws(EventReplay.Refusal) -> [UInt8] {
        try RemappedEvent.json(id, record, services.configuration, services.keys, &sources)
    }
}

/// An archived delivery mapped anew.
enum RemappedEvent {
    /// The event of that id as the mapping in force makes it. `sources` keeps what was built for others.
    @ControlPlane
    static func json(
        _ id: String, _ record: EventRecord, _ configuration: Configuration, _ keys: Keys,
        _ sources: inout [String: Source]
    ) throws(EventReplay.Refusal) -> [UInt8] {
        guard let event = try? Event(json: Array(record.json)) else {
            throw EventReplay.Refusal(reason: "its record holds no event")
        }
        if sources[event.source] == nil, let own = configuration.source(named: event.source),
            let rules = try? MappingCatalog(overrides: configuration.mappings).rules(named: own.mapping)
        {
            sources[event.source] = try? Source(own, mapper: Mapper(provider: own.provider, rules: rules), keys: keys)
        }
        guard let source = sources[event.source] else {
            throw EventReplay.Refusal(reason: "the configuration has no source \(TextRule.quoted(event.source))")
        }
        var ids = ULIDGenerator()
        do throws(QuarantinedDelivery.Unmappable) {
            let events = try QuarantinedDelivery(id: id, record: record).remapped(by: source, ids: &ids)
            guard let first = events.first else { throw QuarantinedDelivery.Unmappable(reason: "it holds no event") }
            return first.json
        } catch {
            throw EventReplay.Refusal(reason: error.reason)
        }
    }
}

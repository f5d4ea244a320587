import Glibc
import Verifiers

/// The trial of a worker: gives it events, harms it at random, and counts what became of each event.
///
/// Time is made to pass instead of waited for: when a worker was killed or stopped, its lease is taken away, which is
/// all that a lapse is to Redis. So hundreds of lapses fit into a minute, whatever the lease's length.
@ControlPlane
final class WorkerTrial {
    struct Plan: Sendable {
        var queue: String
        var program: String
        var arguments: [String]
        var events: Int
        var faults: Int
        var seconds: Int
        var seed: UInt64
    }

    /// Fed and harmed this share of the time at most; the rest is for finishing.
    private static let busyShare = 0.65
    /// The queue gets no longer than this, so that a slow worker comes to the end of it.
    private static let depth = 200
    /// Nothing finished for so long, without any fault, is stuck.
    private static let patience = Duration.seconds(12)
    /// A worker that ends by itself so often without finishing anything is not started again.
    private static let mostVainLives = 5
    private static let mostLives = 3
    private static let turn = Duration.milliseconds(20)

    private let plan: Plan
    private let redis: TrialRedis
    private let keys = Keys()
    private let reaper: QueueReaper
    private let isInterrupted: () -> Bool
    private var random: SeededNumbers
    private var events: TrialEvents
    private var result: TrialResult
    private var lives: [TrialWorker] = []
    /// Consumers whose worker was harmed: what they held comes back because of us.
    private var harmed: Set<String> = []
    /// Consumers of workers that have ended: a command of theirs may still arrive.
    private var ended: Set<String> = []
    private var known: Set<String> = []
    private var vainLives = 0
    private var finishedAtLastEnd = 0
    private var nextRound = ContinuousClock.now

    init(_ plan: Plan, redis: TrialRedis, isInterrupted: @escaping () -> Bool) {
        self.plan = plan
        self.redis = redis
        self.isInterrupted = isInterrupted
        random = SeededNumbers(seed: plan.seed)
        events = TrialEvents(count: plan.events)
        result = TrialResult(queue: plan.queue, seed: plan.seed)
        // An event that we made come back a hundred times is none that kills its workers.
        reaper = QueueReaper(connection: redis.connection, keys: keys, mostReturns: .max)
    }

    /// Runs to the end of the events, the patience or the time, and leaves no process behind.
    func run() async throws -> TrialResult {
        defer { for life in lives { life.kill() } }
        let start = ContinuousClock.now
        let end = start + .seconds(plan.seconds)
        let busyEnd = start + .seconds(Double(plan.seconds) * Self.busyShare)
        try await reaper.watch([plan.queue])
        try startLife()
        try await work(until: busyEnd)
        try await finish(until: end)
        for life in lives { life.kill() }
        try await count()
        result.seconds = Int((ContinuousClock.now - start) / .seconds(1))
        return result
    }

    // MARK: Harm

    /// For each fault a burst of events, and the fault at a random moment while they are worked on.
    private func work(until end: ContinuousClock.Instant) async throws {
        let slice = max(1, plan.events / (plan.faults + 1))
        let longest = (end - ContinuousClock.now) / Double(plan.faults + 1)
        try await waitForWorker(until: end)
        var window = try await calibrate(slice, atMost: longest)
        while result.faults < plan.faults, ContinuousClock.now < end, !isInterrupted(), !isHopeless {
            try await feed(slice)
            try? await Task.sleep(for: window * Double.random(in: 0...1, using: &random))
            try await harm()
            try await waitForWorker(until: min(end, ContinuousClock.now + Self.patience))
            // What was left over makes the next burst longer, within limits.
            window = min(window * 1.02, longest)
        }
        while events.pushed < plan.events, ContinuousClock.now < end, !isInterrupted(), !isHopeless {
            try await feed(plan.events)
            try await tick()
        }
    }

    /// How long the worker takes for a burst.
    private func calibrate(_ slice: Int, atMost longest: Duration) async throws -> Duration {
        let start = ContinuousClock.now
        try await feed(slice)
        while try await finishedCount() < events.pushed, ContinuousClock.now < start + longest, !isHopeless {
            try await tick()
        }
        return min(ContinuousClock.now - start, longest)
    }

    /// Waits until the life that was started last has announced itself: before that it has nothing to lose.
    private func waitForWorker(until end: ContinuousClock.Instant) async throws {
        while lives.last?.consumers.isEmpty != false, ContinuousClock.now < end, !isInterrupted(), !isHopeless {
            try await tick()
        }
    }

    private func harm() async throws {
        guard let life = lives.randomElement(using: &random), !isHopeless else { return }
        switch lives.count >= Self.mostLives ? 0 : Int.random(in: 0..<5, using: &random) {
        case 0...1: try await kill(life)
        case 2...3: try await pause(life)
        default:
            result.cuts += 1
            _ = try await redis.connection.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
        }
    }

    private func kill(_ life: TrialWorker) async throws {
        result.kills += 1
        life.kill()
        try await settle()
        try await lapse(life)
        try removeEnded()
    }

    /// Stops it for longer than its lease, lets another take over, and lets it go on, unaware.
    private func pause(_ life: TrialWorker) async throws {
        result.pauses += 1
        life.pause()
        try await settle()
        try await lapse(life)
        try startLife()
        let before = try await finishedCount()
        let end = ContinuousClock.now + .seconds(5)
        while try await finishedCount() == before, ContinuousClock.now < end { try await tick() }
        life.resume()
    }

    /// Lets Redis read what the process had still sent, and notes who it was.
    private func settle() async throws {
        try? await Task.sleep(for: .milliseconds(30))
        try await meetConsumers()
    }

    /// Takes the leases of a harmed worker away. One without an end is left: it never lapses, and what it guards is
    /// stuck.
    private func lapse(_ life: TrialWorker) async throws {
        harmed.formUnion(life.consumers)
        try await lapse(life.consumers)
        try await reap()
    }

    private func lapse(_ consumers: Set<String>) async throws {
        for consumer in consumers {
            let lease = keys.lease(plan.queue, consumer)
            if try await redis.connection.command(["PTTL", .text(lease)]).integer ?? 0 > 0 {
                _ = try await redis.connection.command(["DEL", .text(lease)])
            }
        }
    }

    // MARK: Turns

    /// What happens all the time: workers are looked after, the reaper goes its rounds.
    private func tick() async throws {
        try? await Task.sleep(for: Self.turn)
        try await meetConsumers()
        for life in lives where !life.isAlive { try await noteOwnEnd(life) }
        try removeEnded()
        if ContinuousClock.now >= nextRound {
            nextRound = ContinuousClock.now + .milliseconds(250)
            try await lapse(ended)
            try await reap()
        }
    }

    /// A worker has ended, and we have not killed it. After a cut connection that is a good way to go on.
    private func noteOwnEnd(_ life: TrialWorker) async throws {
        result.ownEnds += 1
        result.lastEnd = life.end
        harmed.formUnion(life.consumers)
        let finished = try await finishedCount()
        vainLives = finished == finishedAtLastEnd ? vainLives + 1 : 0
        finishedAtLastEnd = finished
    }

    /// Gives the queue more events, as far as there is room and they last.
    private func feed(_ most: Int) async throws {
        let queue = keys.queue(plan.queue)
        let waiting = Int(try await redis.connection.command(["LLEN", .text(queue)]).integer ?? 0)
        let batch = events.next(max(0, min(most, Self.depth - waiting)))
        guard !batch.isEmpty else { return }
        _ = try await redis.connection.command(["RPUSH", .text(queue)] + batch.map { .bytes($0) })
    }

    /// A consumer that was not seen before belongs to the life that was started last.
    private func meetConsumers() async throws {
        for consumer in try await names(keys.consumers(plan.queue)) where known.insert(consumer).inserted {
            lives.last?.consumers.insert(consumer)
        }
    }

    private func removeEnded() throws {
        let gone = lives.filter { !$0.isAlive }
        guard !gone.isEmpty else { return }
        lives.removeAll { !$0.isAlive }
        for life in gone { ended.formUnion(life.consumers) }
        if lives.isEmpty, !isHopeless { try startLife() }
    }

    private func startLife() throws {
        let environment = [
            "REDIS_URL": redis.url, "REDIS_SOCKET": redis.socket, "WEBHOOK_QUEUE": plan.queue,
            "WEBHOOK_PREFIX": keys.prefix, "WEBHOOK_REPORT": reportKey,
        ]
        lives.append(
            try TrialWorker(
                plan.program, plan.arguments, environment: environment, output: "\(redis.directory)/worker.log"))
        result.lives += 1
    }

    /// Notes what is about to be handed out again, and by whose fault; then goes a round as the gateway does.
    private func reap() async throws {
        for consumer in try await names(keys.consumers(plan.queue)) {
            let lease = keys.lease(plan.queue, consumer)
            guard try await redis.connection.command(["EXISTS", .text(lease)]) == .integer(0) else { continue }
            let held = try await entries(keys.work(plan.queue, consumer))
            if harmed.contains(consumer) {
                events.handedAgain.formUnion(held)
            } else {
                events.handedAgainUnharmed.formUnion(held)
            }
        }
        _ = try await reaper.round()
    }

    private var isHopeless: Bool { vainLives >= Self.mostVainLives }

    private func finishedCount() async throws -> Int {
        let lengths = try await redis.connection.pipeline([
            ["LLEN", .text(keys.queue(plan.queue))], ["ZCARD", .text(keys.delayed(plan.queue))],
        ])
        var remaining = lengths.compactMap(\.integer).reduce(0) { $0 + Int($1) }
        for key in try await workLists() {
            remaining += Int(try await redis.connection.command(["LLEN", .text(key)]).integer ?? 0)
        }
        return events.pushed - remaining
    }

    // MARK: The end

    /// Waits until nothing is left or nothing moves any more.
    private func finish(until end: ContinuousClock.Instant) async throws {
        var finished = try await finishedCount()
        var movedAt = ContinuousClock.now
        while finished < events.pushed, ContinuousClock.now < end, !isInterrupted(), !isHopeless {
            if ContinuousClock.now > movedAt + Self.patience {
                result.isStill = true
                return
            }
            try await tick()
            let now = try await finishedCount()
            if now != finished { (finished, movedAt) = (now, ContinuousClock.now) }
        }
    }

    private func count() async throws {
        var remaining: [[UInt8]] = []
        for key in try await workLists() {
            let held = try await entries(key)
            remaining += held
            try await explain(key, held.count)
        }
        remaining += try await entries(keys.queue(plan.queue))
        remaining += try await entries(keys.delayed(plan.queue), isSorted: true)
        let dead = try await entries(keys.dead(plan.queue))
        let reports = try await entries(reportKey)
        let journal = try TrialJournal(directory: redis.directory, keys: keys, queue: plan.queue)
        result.count(
            events, remaining: Set(remaining), dead: dead, reports: reports.map { String(decoding: $0, as: UTF8.self) },
            journal: journal)
        result.output =
            (try? HostFile.read("\(redis.directory)/worker.log"))
            .map { String(decoding: $0.suffix(2000), as: UTF8.self) } ?? ""
    }

    /// Why what lies in a work list does not come back.
    private func explain(_ key: String, _ count: Int) async throws {
        guard count > 0 else { return }
        let consumer = String(key.dropFirst(keys.work(plan.queue, "").count))
        let lease = keys.lease(plan.queue, consumer)
        if try await redis.connection.command(["SISMEMBER", .text(keys.consumers(plan.queue)), .text(consumer)])
            == .integer(0)
        {
            result.unwatched += count
        } else if try await redis.connection.command(["PTTL", .text(lease)]) == .integer(-1) {
            result.endless += count
        } else if lives.contains(where: { $0.consumers.contains(consumer) }) || !ended.contains(consumer) {
            result.heldByLiving += count
        }
    }

    private var reportKey: String { "\(keys.prefix)conform:\(plan.queue)" }

    private func workLists() async throws -> [String] {
        try await redis.connection.command(["KEYS", .text("\(keys.work(plan.queue, ""))*")]).elements?
            .compactMap(\.string) ?? []
    }

    private func names(_ set: String) async throws -> [String] {
        try await redis.connection.command(["SMEMBERS", .text(set)]).elements?.compactMap(\.string) ?? []
    }

    private func entries(_ key: String, isSorted: Bool = false) async throws -> [[UInt8]] {
        try await redis.connection.command([isSorted ? "ZRANGE" : "LRANGE", .text(key), 0, -1]).elements?
            .compactMap(\.bytes) ?? []
    }
}

import Glibc
import Synchronization
import Verifiers

/// Sends a plan's deliveries over several connections at once, and counts the answers.
final class DeliveryRun: Sendable {
    /// Enough to keep a gateway on this machine busy while each connection waits for its answer.
    private static let connections = 16

    private let plan: DeliveryPlan
    private let target: SendTarget
    private let addresses: [SocketAddress]
    /// Nanoseconds between two deliveries; 0: as fast as the answers come.
    private let interval: UInt64
    private let next = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    private let tally: Mutex<DeliveryTally>
    private let captures = Mutex<[(number: Int, line: [UInt8])]>([])
    private let keepsCaptures: Bool

    init(
        _ plan: DeliveryPlan, to target: SendTarget, at addresses: [SocketAddress], perSecond rate: Int?,
        keepingAllAnswers keepsAll: Bool, keepsCaptures: Bool
    ) {
        self.plan = plan
        self.target = target
        self.addresses = addresses
        interval = rate.map { 1_000_000_000 / UInt64($0) } ?? 0
        tally = Mutex(DeliveryTally(keepingAll: keepsAll))
        self.keepsCaptures = keepsCaptures
    }

    /// Sends everything and returns when the last answer is there.
    func finish() async throws -> (tally: DeliveryTally, seconds: Double) {
        let start = Clock.monotonicNanoseconds()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(Self.connections, plan.count) {
                group.addTask { try await self.runThread(start: start) }
            }
            try await group.waitForAll()
        }
        let seconds = Double(Clock.monotonicNanoseconds() - start) / 1_000_000_000
        return (tally.withLock { $0 }, seconds)
    }

    /// What was sent, as JSON lines in order; they can be verified and sent again.
    var sentCaptures: [UInt8] {
        captures.withLock { $0.sorted { $0.number < $1.number }.flatMap(\.line) }
    }

    /// A thread of its own, since its calls block: the pool of Swift's tasks has one a core only.
    private func runThread(start: UInt64) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try WorkerThread.start(named: "send") {
                    let result = Result { try self.sendAll(start: start) }
                    EntropySource.endThread()
                    continuation.resume(with: result)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func sendAll(start: UInt64) throws(InvalidSettings) {
        let signer = try DeliverySigner(plan)
        var connection = GatewayConnection(to: addresses, of: target)
        while !isStopped.load(ordering: .relaxed) {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < plan.count else { return }
            Self.sleep(until: start + UInt64(number) * interval)
            let request = signer.request(number, now: Clock.unixMilliseconds() / 1000)
            if keepsCaptures { captures.withLock { $0.append((number, JSONCapture.line(request))) } }
            do throws(GatewayConnection.Failure) {
                let response = try connection.exchange(request.wire(host: target.address))
                tally.withLock { $0.add(response, number: number) }
            } catch {
                tally.withLock { $0.add(error, number: number) }
                // Nobody is there, or not the one that was meant: more of the same would only take longer to say so.
                switch error {
                case .unreachable, .insecure: isStopped.store(true, ordering: .relaxed)
                case .broken, .badAnswer: break
                }
            }
        }
    }

    private static func sleep(until moment: UInt64) {
        var time = timespec(tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        while moment > Clock.monotonicNanoseconds(),
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR
        {}
    }
}

@testable import WebhookGateway

/// A destination whose answers a test decides; it counts what reaches it.
@ControlPlane
final class AnsweringDestination: Destination {
    typealias Answer = @ControlPlane (_ batch: [Event]) async -> AttemptResult

    nonisolated static let card = DestinationCard(
        type: "answering", name: "Answering", description: "Answers as a test decides.", address: .none)

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {}

    let limits: BatchLimits
    /// The ids of the batches that came, in order.
    private(set) var batches: [[String]] = []
    /// How many batches are under way, and the most that ever were.
    private(set) var underWay = 0
    private(set) var mostUnderWay = 0
    private(set) var isClosed = false
    private let answer: Answer

    init(events: Int = 1, answer: @escaping Answer) {
        limits = BatchLimits(events: events, bytes: 1 << 20)
        self.answer = answer
    }

    convenience init(_ context: DestinationContext) throws(InvalidDestination) {
        self.init { AttemptResult(.delivered, count: $0.count) }
    }

    func send(_ batch: [Event]) async -> AttemptResult {
        batches.append(batch.map(\.id))
        underWay += 1
        mostUnderWay = max(mostUnderWay, underWay)
        defer { underWay -= 1 }
        return await answer(batch)
    }

    func close() async { isClosed = true }

    /// How often each event came.
    var deliveries: [String: Int] {
        batches.reduce(into: [:]) { counts, batch in for id in batch { counts[id, default: 0] += 1 } }
    }
}

/// Shut at first; when it opens, what waits for it goes on.
@ControlPlane
final class Gate {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func shut() { isOpen = false }

    func pass() async {
        await withCheckedContinuation { continuation in
            if isOpen { continuation.resume() } else { waiters.append(continuation) }
        }
    }
}

/// Waits on the control plane until a condition holds; the bound is for what is broken, not for what is slow.
@ControlPlane
func eventually(
    _ what: String, within bound: Duration = .seconds(60), _ condition: @ControlPlane () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + bound
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TimedOut(description: "not within \(bound): \(what)") }
        await Signal().wait(atMost: .milliseconds(10))
    }
}

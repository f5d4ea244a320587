import Synchronization

/// `rateLimit` of one source: a token bucket that all workers of the process share, exact and without a lock.
final class SourceRate: Sendable {
    private let rate: CellRate
    private let fullAt = Atomic<UInt64>(0)

    init(requests: Int, perSeconds: Int) {
        rate = CellRate(count: requests, span: UInt64(perSeconds) * 1_000_000_000)
    }

    /// Takes one authentic delivery from the bucket; else tells after how many seconds there is room again.
    func take(now: UInt64) -> Int? {
        var current = fullAt.load(ordering: .relaxed)
        while let next = rate.take(current, now: now) {
            let (exchanged, original) = fullAt.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return nil }
            current = original
        }
        return Int((rate.wait(current, now: now) + 999_999_999) / 1_000_000_000)
    }
}

import Synchronization
import Verifiers

/// `listen.failuresPerAddressPerMinute`: how many unauthentic deliveries an address has sent, for all workers of the
/// process together, in a table of fixed size that is read and written without a lock.
///
///     set = hash(address) ──► [slot][slot][slot][slot]      slot: 20 bits of the hash | 44 bits: when the bucket is full again
///
/// A new address takes the slot of its set that is free soonest. More than 16,384 failing addresses in a minute push each
/// other out and are then counted less strictly; an address that never fails is never in the table. That two addresses
/// share a slot takes 31 equal bits of a hash that is seeded in each process.
final class FailureLimiter: Sendable {
    private static let sets = 4096
    private static let ways = 4
    private static let timeBits = 44
    private static let timeMask: UInt64 = 1 << 44 - 1

    private let slots = InlineArray<16384, Atomic<UInt64>> { _ in Atomic(0) }
    /// In units of 1/16 ms: 44 bits of them are 34 years.
    private let rate: CellRate
    /// Most gateways never see a failure, and then need not look for an address.
    private let hasCounted = Atomic(false)
    private let epoch = Clock.monotonicNanoseconds()
    /// A proxy's own address fails for all its clients.
    private let exempt: [CIDRBlock]

    /// Nil without a limit.
    init?(perMinute: Int, exempt: [CIDRBlock]) {
        guard perMinute > 0 else { return nil }
        rate = CellRate(count: perMinute, span: 60 * 16_000)
        self.exempt = exempt
    }

    /// Counts a failure.
    func fail(_ address: IPAddress, now: UInt64) {
        guard !exempt.contains(where: { $0.contains(address) }) else { return }
        if !hasCounted.load(ordering: .relaxed) { hasCounted.store(true, ordering: .relaxed) }
        let (first, tag) = Self.place(address)
        let now = units(now)
        for _ in 0..<8 {
            let (slot, seen) = find(first, tag) ?? soonestFree(first)
            let fullAt = seen >> UInt64(Self.timeBits) == tag ? seen & Self.timeMask : 0
            // An empty bucket stays as it is: who goes on failing does not wait longer than a minute's rate asks for.
            guard let next = rate.take(fullAt, now: now) else { return }
            let desired = tag << UInt64(Self.timeBits) | next & Self.timeMask
            if slots[slot].compareExchange(expected: seen, desired: desired, ordering: .relaxed).exchanged { return }
        }
    }

    /// Seconds until the address may try again; nil when it may now.
    func wait(_ address: IPAddress, now: UInt64) -> Int? {
        guard hasCounted.load(ordering: .relaxed) else { return nil }
        let (first, tag) = Self.place(address)
        guard let (_, seen) = find(first, tag) else { return nil }
        let wait = rate.wait(seen & Self.timeMask, now: units(now))
        return wait > 0 ? Int((wait + 15_999) / 16_000) : nil
    }

    private func units(_ nanoseconds: UInt64) -> UInt64 { (max(nanoseconds, epoch) - epoch) / 62_500 }

    private func find(_ first: Int, _ tag: UInt64) -> (slot: Int, seen: UInt64)? {
        for slot in first..<first + Self.ways {
            let seen = slots[slot].load(ordering: .relaxed)
            if seen >> UInt64(Self.timeBits) == tag { return (slot, seen) }
        }
        return nil
    }

    private func soonestFree(_ first: Int) -> (slot: Int, seen: UInt64) {
        var best = (slot: first, seen: slots[first].load(ordering: .relaxed))
        for slot in first + 1..<first + Self.ways {
            let seen = slots[slot].load(ordering: .relaxed)
            if seen & Self.timeMask < best.seen & Self.timeMask { best = (slot, seen) }
        }
        return best
    }

    /// The first slot of the address' set, and its mark in it, which is never 0.
    private static func place(_ address: IPAddress) -> (first: Int, tag: UInt64) {
        let hash = UInt64(bitPattern: Int64(address.countedNetwork.hashValue))
        return (Int(hash & UInt64(sets - 1)) * ways, hash >> UInt64(timeBits) | 1)
    }
}

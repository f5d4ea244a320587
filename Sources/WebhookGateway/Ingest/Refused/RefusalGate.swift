import Synchronization
import Verifiers

/// Which of a source's refused deliveries are worth keeping: one a second, and of one address five and then one a minute,
/// so that a stranger who goes on knocking does not take the places of a provider with a wrong secret.
///
/// Shared by the workers of a process. A flood costs each refusal an atomic read, or a look-up in a small table; the ring
/// itself is bounded by the store, whatever the number of processes (`RedisScript.refusalKeep`).
final class RefusalGate: Sendable {
    private static let interval: UInt64 = 1_000_000_000
    private static let ofAddress = CellRate(count: Refusal.Limit.perAddress, span: 300 * interval)
    /// Addresses that are remembered; past them all are forgotten, and the interval alone counts.
    static let mostAddresses = 256

    private let nextAt = Atomic<UInt64>(0)
    private let addresses = Mutex<[IPAddress?: UInt64]>([:])

    /// Whether a refusal might be kept at all.
    func isOpen(now: UInt64) -> Bool { nextAt.load(ordering: .relaxed) <= now }

    /// Takes the place of this second; false when it is taken, or the address has had its share.
    func take(_ address: IPAddress?, now: UInt64) -> Bool {
        let network = address?.countedNetwork
        return addresses.withLock { addresses in
            // Under the lock, so that an address that has had its share does not take the second's place.
            guard isOpen(now: now), let next = Self.ofAddress.take(addresses[network] ?? 0, now: now) else {
                return false
            }
            if addresses.count >= Self.mostAddresses, addresses[network] == nil { addresses.removeAll() }
            addresses[network] = next
            nextAt.store(now &+ Self.interval, ordering: .relaxed)
            return true
        }
    }
}

import Synchronization
import Verifiers

extension IPAddress {
    /// What limits count by: an IPv4 address, or an IPv6 /64, which is what one customer gets (RFC 6177).
    var countedNetwork: IPAddress {
        guard family == .v6, let network = CIDRBlock(self, prefixLength: 64) else { return self }
        return network.address
    }
}

/// How many connections each address holds, over all listeners of one port. Asked when a connection comes and goes,
/// never for a request.
final class AddressQuota: Sendable {
    private let limit: Int
    /// Load balancers and proxies hold connections for many.
    private let exempt: [CIDRBlock]
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// Nil without a limit.
    init?(limit: Int, exempt: [CIDRBlock]) {
        guard limit > 0 else { return nil }
        self.limit = limit
        self.exempt = exempt
    }

    /// Counts a connection of `address`; false when it has as many as it may, and then nothing is counted.
    func enter(_ address: IPAddress) -> Bool {
        if isExempt(address) { return true }
        return counts.withLock { counts in
            let count = counts[address.countedNetwork, default: 0]
            guard count < limit else { return false }
            counts[address.countedNetwork] = count + 1
            return true
        }
    }

    /// The counterpart of an `enter` that returned true.
    func leave(_ address: IPAddress) {
        if isExempt(address) { return }
        counts.withLock { counts in
            let count = counts[address.countedNetwork, default: 0]
            counts[address.countedNetwork] = count > 1 ? count - 1 : nil
        }
    }

    /// How many addresses hold connections.
    var addressCount: Int { counts.withLock { $0.count } }

    private func isExempt(_ address: IPAddress) -> Bool { exempt.contains { $0.contains(address) } }
}

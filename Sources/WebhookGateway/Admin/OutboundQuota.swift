/// How often callers of the API may have the gateway ask others' services: tests of destinations, look-ups of accounts.
/// Nobody shall hammer an address through the gateway.
///
/// Token buckets of this process: one for each destination, and one for each tenant, since a tenant's destinations may all
/// lead to the same address. Whoever is of no tenant has only the former.
@ControlPlane
final class OutboundQuota {
    /// One a second, five at once.
    private static nonisolated let ofDestination = CellRate(count: 5, span: 5_000_000_000)
    /// Two a second, twenty at once.
    private static nonisolated let ofTenant = CellRate(count: 20, span: 10_000_000_000)
    /// Past so many buckets those that are full again are let go of.
    private static let mostBuckets = 1000

    private enum Bucket: Hashable {
        case destination(String)
        case tenant(String)

        var rate: CellRate {
            switch self {
            case .destination: OutboundQuota.ofDestination
            case .tenant: OutboundQuota.ofTenant
            }
        }
    }

    /// When each bucket is full again, in nanoseconds of the monotonic clock.
    private var fullAt: [Bucket: UInt64] = [:]

    /// Takes one question to others' services, about a destination if `destination` names one; throws 429 when there were
    /// too many, and counts nothing then.
    func take(
        _ principal: Principal, destination: String? = nil, now: UInt64 = Clock.monotonicNanoseconds()
    ) throws(Problem) {
        let buckets = [principal.tenant.map { Bucket.tenant($0) }, destination.map { .destination($0) }].compactMap {
            $0
        }
        let wait = buckets.map { $0.rate.wait(fullAt[$0] ?? 0, now: now) }.max() ?? 0
        guard wait == 0 else {
            let seconds = Int((wait + 999_999_999) / 1_000_000_000)
            throw Problem(
                .tooManyRequests,
                "Its service was asked often enough just now; a destination is tested once a second, five times at once. Try again in \(seconds) s.",
                retryAfter: seconds)
        }
        if fullAt.count >= Self.mostBuckets { fullAt = fullAt.filter { $0.value > now } }
        for bucket in buckets { fullAt[bucket] = bucket.rate.take(fullAt[bucket] ?? 0, now: now) }
    }
}

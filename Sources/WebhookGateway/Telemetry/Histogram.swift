/// Durations in buckets that grow with the value: eight a power of two of microseconds, so each is at most 12.5 % wide.
/// A value of one thread, merged when read.
struct Histogram: Sendable {
    private static let subBuckets = 8
    /// Up to 2^39 µs, six days; longer ones count in the last bucket.
    private static let powers = 37

    /// What all share that have counted nothing yet.
    private static let nothing = [UInt64](repeating: 0, count: powers * subBuckets)

    private(set) var counts = Histogram.nothing
    private(set) var count: UInt64 = 0
    private(set) var sumNanoseconds: UInt64 = 0

    mutating func record(nanoseconds: UInt64) {
        counts[Self.bucket(nanoseconds / 1000)] += 1
        count += 1
        sumNanoseconds &+= nanoseconds
    }

    mutating func merge(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sumNanoseconds &+= other.sumNanoseconds
    }

    /// How many durations were shorter than `microseconds`: exact for powers of two, which begin a bucket.
    func count(below microseconds: UInt64) -> UInt64 {
        counts[..<Self.bucket(microseconds)].reduce(0, +)
    }

    private static func bucket(_ microseconds: UInt64) -> Int {
        guard microseconds >= UInt64(subBuckets) else { return Int(microseconds) }
        let power = 63 - microseconds.leadingZeroBitCount
        let sub = Int(microseconds >> UInt64(power - 3)) & (subBuckets - 1)
        return min((power - 2) * subBuckets + sub, powers * subBuckets - 1)
    }
}

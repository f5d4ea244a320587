/// The arithmetic of a token bucket in one number, the generic cell rate algorithm (ITU-T I.371): the moment at which
/// the bucket would be full again. Being one number, it can be kept in one atomic and shared by threads without a lock.
struct CellRate: Sendable {
    /// What one takes from the bucket, in units of time.
    let interval: UInt64
    /// What the bucket holds, in units of time: all that one may take at once.
    let capacity: UInt64

    /// `count` in every `span` units of time, all at once if need be.
    init(count: Int, span: UInt64) {
        interval = max(1, span / UInt64(max(1, count)))
        capacity = interval * UInt64(max(1, count))
    }

    /// The number after one more was taken; nil when the bucket is empty.
    func take(_ fullAt: UInt64, now: UInt64) -> UInt64? {
        let next = max(fullAt, now) + interval
        return next - now <= capacity ? next : nil
    }

    /// How long until one more may be taken; 0: now.
    func wait(_ fullAt: UInt64, now: UInt64) -> UInt64 {
        let needed = max(fullAt, now) - now + interval
        return needed > capacity ? needed - capacity : 0
    }
}

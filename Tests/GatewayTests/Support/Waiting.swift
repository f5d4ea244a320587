import Glibc

/// A condition that did not come true in time.
struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Waits until a condition holds, looking every few milliseconds; throws when it does not within the bound.
///
/// The bound is there for what is broken, not for what is slow: sanitizers on a busy machine are very slow.
func waitUntil(
    _ what: String, within bound: Duration = .seconds(60), _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + bound
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw TimedOut(description: "not within \(bound): \(what)") }
        poll(nil, 0, 10)
    }
}

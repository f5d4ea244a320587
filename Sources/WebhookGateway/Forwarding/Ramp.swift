/// How many requests of a lane may be under way: one at first, one more for each that succeeds (so twice as many each
/// round trip), up to the concurrency; half as many for each that fails.
///
/// A destination that has just come back meets a growing stream, not all that has piled up meanwhile.
struct Ramp: Equatable, Sendable {
    let limit: Int
    private(set) var width = 1

    init(limit: Int) { self.limit = limit }

    mutating func succeeded() { width = min(limit, width + 1) }
    mutating func failed() { width = max(1, width / 2) }
    mutating func restart() { width = 1 }
}

/// Deadlines of one loop: a binary heap whose cancelled entries are dropped when they surface.
struct Timers {
    /// Names a timer so that it can be cancelled.
    struct Token: Hashable {
        fileprivate var serial: UInt64
    }

    private struct Entry {
        var deadline: UInt64
        var serial: UInt64
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var nextSerial: UInt64 = 1

    /// The earliest deadline, in nanoseconds of the monotonic clock.
    var earliest: UInt64? { heap.first?.deadline }

    mutating func add(deadline: UInt64, action: @escaping () -> Void) -> Token {
        let serial = nextSerial
        nextSerial += 1
        actions[serial] = action
        heap.append(Entry(deadline: deadline, serial: serial))
        siftUp(heap.count - 1)
        return Token(serial: serial)
    }

    mutating func cancel(_ token: Token) {
        actions[token.serial] = nil
    }

    /// Removes and returns the next action that is due, skipping cancelled ones.
    mutating func popExpired(now: UInt64) -> (() -> Void)? {
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let action = actions.removeValue(forKey: first.serial) { return action }
        }
        return nil
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && precedes(heap[child], heap[smallest]) {
                smallest = child
            }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        (left.deadline, left.serial) < (right.deadline, right.serial)
    }
}

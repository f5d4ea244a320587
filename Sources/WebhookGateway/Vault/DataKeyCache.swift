import Verifiers

/// Data keys in memory for a bounded time: a key that a master key refuses to unwrap any more is soon out of use.
@ControlPlane
final class DataKeyCache {
    private struct Entry {
        var key: SecretBytes
        /// Monotonic nanoseconds.
        var end: UInt64
    }

    private let life: Duration
    private let capacity: Int
    private var entries: [DataKeyName: Entry] = [:]
    private var isWatched = false

    /// - Parameter capacity: how many keys are held; over it the one that would go first goes.
    init(life: Duration, capacity: Int) {
        self.life = life
        self.capacity = capacity
    }

    var count: Int { entries.count }

    func key(_ name: DataKeyName) -> SecretBytes? {
        guard let entry = entries[name], entry.end > Clock.monotonicNanoseconds() else { return nil }
        return entry.key
    }

    func put(_ key: SecretBytes, _ name: DataKeyName) {
        guard life > .zero else { return }
        if entries.count >= capacity, let first = entries.min(by: { $0.value.end < $1.value.end }) {
            entries[first.key] = nil
        }
        entries[name] = Entry(key: key, end: Clock.monotonicNanoseconds() + life.nanoseconds)
        watch()
    }

    func removeAll() { entries = [:] }

    /// Forgets what has ended, whether or not anybody asks.
    private func watch() {
        guard !isWatched else { return }
        isWatched = true
        ControlPlane.loop.schedule(after: max(life / 4, .milliseconds(10))) { [weak self] in
            guard let self else { return }
            let now = Clock.monotonicNanoseconds()
            self.entries = self.entries.filter { $0.value.end > now }
            self.isWatched = false
            if !self.entries.isEmpty { self.watch() }
        }
    }
}

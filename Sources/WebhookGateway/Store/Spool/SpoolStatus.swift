import Synchronization

/// What lies in the spools of this process, and how much more may: shared by its workers.
final class SpoolStatus: Sendable {
    /// The figures at one moment.
    struct Figures: Sendable, Equatable {
        /// Bytes on disk.
        var bytes = 0
        /// Events that are acknowledged and not yet in the store, by source.
        var waiting: [String: Int] = [:]
        /// Events spooled since the start, of which so many proved duplicates.
        var taken = 0
        var drained = 0
        var duplicates = 0

        var events: Int { waiting.values.reduce(0, +) }
    }

    let maxBytes: Int
    private let state = Mutex(Figures())

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    var figures: Figures { state.withLock { $0 } }
    var isFull: Bool { state.withLock { $0.bytes >= maxBytes } }

    /// Takes room on the disk; false when there is not enough left.
    func reserve(_ bytes: Int) -> Bool {
        state.withLock { figures in
            guard figures.bytes + bytes <= maxBytes else { return false }
            figures.bytes += bytes
            return true
        }
    }

    /// A segment was begun: its header takes room, too.
    func tookHeader() { state.withLock { $0.bytes += SpoolFormat.segmentHeaderSize } }

    /// Gives room back.
    func release(_ bytes: Int) { state.withLock { $0.bytes -= bytes } }

    /// Events were taken in.
    func took(_ events: [String: Int]) {
        state.withLock { figures in
            for (source, count) in events {
                figures.waiting[source, default: 0] += count
                figures.taken += count
            }
        }
    }

    /// A file of another process was found: it counts, whatever the limit is.
    func found(bytes: Int, events: [String: Int]) {
        state.withLock { figures in
            figures.bytes += bytes
            for (source, count) in events { figures.waiting[source, default: 0] += count }
        }
    }

    /// Events have reached the store (or are given up with a damaged file: `isStored` false).
    func left(_ events: [String: Int], duplicates: Int = 0, isStored: Bool = true) {
        state.withLock { figures in
            for (source, count) in events {
                figures.waiting[source, default: 0] -= count
                if figures.waiting[source] == 0 { figures.waiting[source] = nil }
                if isStored { figures.drained += count }
            }
            figures.duplicates += duplicates
        }
    }
}

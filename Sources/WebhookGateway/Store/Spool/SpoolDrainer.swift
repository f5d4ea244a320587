/// Takes the spool's events to Redis, oldest first, through the same accept script as new deliveries.
///
/// One batch is under way at a time, and after each the drainer pauses for as long as it took: new deliveries, which
/// go straight to Redis, find it free at least half of the time.
final class SpoolDrainer {
    private static let eventsPerBatch = 200
    private static let bytesPerBatch = 1 << 20
    private static let longestPause = Duration.milliseconds(100)
    private static let firstRetry = Duration.milliseconds(100)
    private static let longestRetry = Duration.seconds(1)

    /// Events read from one segment and not yet known to be in the store.
    private struct Batch {
        var folder: SpoolFolder
        var segment: SpoolSegment
        var records: [SpoolRecord]
    }

    /// Told of each event that reached the store.
    var stored: ((SpoolRecord, StoredEvent) -> Void)?
    /// Told how a batch ended.
    var finished: ((Result<Void, RedisFailure>) -> Void)?
    /// Asked whether events may go to the server that is connected.
    var mayStore: (() -> Bool)?
    /// Asked to put events at the spool's end; false when it cannot.
    var putBack: (([SpoolRecord]) -> Bool)?

    private let connection: RedisConnection
    private let store: EventStore
    private let keys: Keys
    private let status: SpoolStatus
    private let loop: EventLoop
    private let log: Log
    private var folders: [SpoolFolder] = []
    private var batch: Batch?
    private var isBusy = false
    private var retry = SpoolDrainer.firstRetry

    /// - Parameter store: for the drainer alone.
    init(
        connection: RedisConnection, store: EventStore, keys: Keys, status: SpoolStatus, loop: EventLoop, log: Log
    ) {
        self.connection = connection
        self.store = store
        self.keys = keys
        self.status = status
        self.loop = loop
        self.log = log
    }

    /// Drains this folder, too: before the process's own, which come last.
    func add(_ folder: SpoolFolder) {
        let place = folder.isOwn ? folders.endIndex : folders.firstIndex(where: \.isOwn) ?? folders.endIndex
        folders.insert(folder, at: place)
        wake()
    }

    /// Goes on if there is something to do and it can be done; call it when either may have changed.
    func wake() {
        guard !isBusy, mayStore?() ?? connection.isReady, let next = batch ?? load() else { return }
        isBusy = true
        batch = next
        send(next)
    }

    // MARK: Reading

    private func load() -> Batch? {
        for folder in folders {
            while let segment = folder.segments.first {
                let records = read(segment)
                if !records.isEmpty { return Batch(folder: folder, segment: segment, records: records) }
                guard segment.isExhausted || segment.isDamaged else { break }
                finish(segment, of: folder)
            }
            if folder.isEmpty, !folder.isOwn {
                folder.remove()
                folders.removeAll { $0 === folder }
            }
        }
        return nil
    }

    private func read(_ segment: SpoolSegment) -> [SpoolRecord] {
        var records: [SpoolRecord] = []
        var bytes = 0
        do throws(SystemError) {
            while records.count < Self.eventsPerBatch, bytes < Self.bytesPerBatch, let record = try segment.next() {
                records.append(record)
                bytes += record.size
            }
        } catch {
            log.error(
                "a part of the spool cannot be read", ["file": .text(segment.path), "reason": .text(error.description)])
        }
        return records
    }

    private func finish(_ segment: SpoolSegment, of folder: SpoolFolder) {
        do throws(SystemError) {
            if let kept = try folder.finish(segment) {
                log.error(
                    "a file of the spool was damaged: what could be read is in the store, the file is kept for inspection",
                    ["file": .text(kept), "damagedBytes": .number(segment.damagedBytes)])
            }
            folder.synchronize()
        } catch {
            log.warning(
                "a drained file of the spool cannot be removed; the next start drains it again, without doubles",
                ["reason": .text(error.description)])
        }
    }

    // MARK: Storing

    /// What is known of a batch under way.
    private final class Progress {
        var missing: Int
        var failure: RedisFailure?
        /// Events that Redis refuses for a reason of their own.
        var refused: [SpoolRecord] = []
        let startedAt: UInt64

        init(missing: Int, startedAt: UInt64) {
            self.missing = missing
            self.startedAt = startedAt
        }
    }

    private func send(_ batch: Batch) {
        let groups = Self.groups(batch.records)
        let progress = Progress(missing: groups.count, startedAt: Clock.monotonicNanoseconds())
        connection.transact {
            for group in groups { send(group, of: batch, progress) }
        }
    }

    private func send(_ group: ArraySlice<SpoolRecord>, of batch: Batch, _ progress: Progress) {
        let first = group[group.startIndex]
        let source = SourceKeys(
            source: first.source, queues: first.queues, dedupeWindowSeconds: first.dedupeWindowSeconds, keys: keys)
        store.accept(group.map(\.event), of: source) { [self] result in
            switch result {
            case .success(let answers):
                for (record, answer) in zip(group, answers) { note(answer, for: record) }
            case .failure(.refused(let text)) where !RedisRefusal.concernsServer(text):
                progress.refused += group
                log.error(
                    "Redis refuses a spooled event; it is tried again later",
                    [
                        "source": .text(first.source), "event": .text(first.event.id.description),
                        "reason": .text(text),
                    ])
            case .failure(let failure):
                progress.failure = failure
            }
            progress.missing -= 1
            if progress.missing == 0 { ended(batch, progress) }
        }
        store.flush()
    }

    /// Neighbours that go into one call of the script.
    private static func groups(_ records: [SpoolRecord]) -> [ArraySlice<SpoolRecord>] {
        var groups: [ArraySlice<SpoolRecord>] = []
        var start = 0
        for index in records.indices {
            let next = index + 1
            if next < records.count {
                let (one, other) = (records[index], records[next])
                if one.source == other.source, one.queues == other.queues,
                    one.dedupeWindowSeconds == other.dedupeWindowSeconds
                {
                    continue
                }
            }
            groups.append(records[start..<next])
            start = next
        }
        return groups
    }

    private var counts: [String: Int] = [:]
    private var duplicates = 0
    private var settled: Set<ULID> = []

    /// An answer is counted once, also when the batch is sent again for the sake of another part of it.
    private func note(_ answer: StoredEvent, for record: SpoolRecord) {
        guard settled.insert(record.event.id).inserted else { return }
        counts[record.source, default: 0] += 1
        if case .duplicate(let first) = answer {
            duplicates += 1
            log.debug(
                "a spooled event was known", ["event": .text(record.event.id.description), "first": .text(first)])
        }
        stored?(record, answer)
    }

    private func ended(_ batch: Batch, _ progress: Progress) {
        if let failure = progress.failure { return failed(failure) }
        if !progress.refused.isEmpty {
            guard putBack?(progress.refused) == true else {
                return failed(.refused("events that Redis refuses cannot be put back into the spool"))
            }
            for record in progress.refused { counts[record.source, default: 0] += 1 }
        }
        for (source, count) in counts { batch.segment.waiting[source, default: 0] -= count }
        status.left(counts, duplicates: duplicates)
        (counts, duplicates) = ([:], 0)
        settled.removeAll(keepingCapacity: true)
        self.batch = nil
        retry = Self.firstRetry
        finished?(.success(()))
        let took = Duration.nanoseconds(Int64(Clock.monotonicNanoseconds() &- progress.startedAt))
        pause(progress.refused.isEmpty ? min(took, Self.longestPause) : Self.longestRetry)
    }

    private func failed(_ failure: RedisFailure) {
        finished?(.failure(failure))
        pause(retry)
        retry = min(retry * 2, Self.longestRetry)
    }

    private func pause(_ duration: Duration) {
        loop.schedule(after: duration) { [weak self] in
            self?.isBusy = false
            self?.wake()
        }
    }
}

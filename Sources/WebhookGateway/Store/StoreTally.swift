import Glibc
import Verifiers

/// How many new events the store has confirmed to one writer (an ingest worker), kept on the gateway's own disk: a store
/// that later knows of fewer has lost acknowledged events.
///
/// The accept script counts each writer's new events in a field of the ledger, in the same step as it stores them, and
/// answers the count. The writer keeps the last answer here, before the acknowledgement that rests on it leaves. Kill -9
/// therefore costs it nothing; a power cut costs it what was confirmed since the last `fdatasync`, a second at most. It
/// never tells more than the store had confirmed, so that a loss that it shows is one.
///
///     <dataDirectory>/tally/0      mark (8) · id (16) · confirmed (8) · lost (8) · CRC-32C of these (4); little-endian
///
/// A file belongs to the process that holds its lock; the next process that comes by goes on with it.
final class StoreTally {
    /// What a file says.
    struct Record: Equatable, Sendable {
        var id: ULID
        /// New events that the store has confirmed since the file was made, by the store's last word.
        var confirmed: UInt64 = 0
        /// Events that it was found to have lost before.
        var lost: UInt64 = 0

        /// The writer's field in the ledger.
        var field: String { "gateway:\(id):confirmed" }

        /// How many acknowledged events are gone from a store whose ledger says `present` (nil: it has no such field).
        func missing(present: Int64?) -> Int {
            Int(clamping: lost) + max(0, Int(clamping: confirmed) - Int(clamping: present ?? 0))
        }
    }

    static let folder = "tally"
    private static let syncPeriod = Duration.seconds(1)
    /// Writers of one data directory; a process takes the first file that no other holds.
    private static let mostFiles = 1024

    let field: String
    private(set) var record: Record
    private let descriptor: Int32
    private let loop: EventLoop
    private let log: Log
    private var isSyncDue = false
    private var isFailureTold = false

    /// Takes the first free file below `directory`, or makes one.
    init(directory: String, loop: EventLoop, log: Log) throws(SystemError) {
        let folder = "\(directory)/\(Self.folder)"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir \(folder)") }
        descriptor = try Self.take(in: folder)
        var ids = ULIDGenerator()
        record = Self.read(descriptor) ?? Record(id: ids.next(milliseconds: Clock.unixMilliseconds()))
        field = record.field
        self.loop = loop
        self.log = log
        write()
    }

    deinit { close(descriptor) }

    /// The store's word: so many new events of this writer by now, so many of them by the call that it answers.
    func note(total: Int64?, fresh: Int64?) {
        guard let total, let fresh, total >= fresh, fresh >= 0 else { return }
        let before = UInt64(total - fresh)
        if before < record.confirmed {
            let lost = record.confirmed - before
            record.lost += lost
            log.error(
                "the store has lost acknowledged events: it was restarted or replaced without its last writes. `webhook-gateway audit` counts them; `doctor` says how to make it durable",
                ["events": .integer(Int64(clamping: lost))])
        } else if fresh == 0, before == record.confirmed {
            return
        }
        record.confirmed = UInt64(total)
        write()
    }

    // MARK: Files

    /// What every writer of a data directory has kept.
    static func records(in directory: String) -> [Record] {
        var records: [Record] = []
        for number in 0..<mostFiles {
            let descriptor = open("\(directory)/\(folder)/\(number)", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { break }
            defer { close(descriptor) }
            // A writer may be at it: one of two looks finds it whole.
            if let record = read(descriptor) ?? read(descriptor) { records.append(record) }
        }
        return records
    }

    private static func take(in folder: String) throws(SystemError) -> Int32 {
        for number in 0..<mostFiles {
            let descriptor = open("\(folder)/\(number)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SystemError("open \(folder)/\(number)") }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            close(descriptor)
        }
        throw SystemError("flock \(folder)", code: EWOULDBLOCK)
    }

    private static let mark = Array("WHTALLY1".utf8)
    private static let size = 44

    private static func read(_ descriptor: Int32) -> Record? {
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
        }
        guard bytes.count == size, bytes.starts(with: mark) else { return nil }
        var rest = bytes[mark.count...]
        guard let high: UInt64 = rest.takeInteger(), let low: UInt64 = rest.takeInteger(),
            let confirmed: UInt64 = rest.takeInteger(), let lost: UInt64 = rest.takeInteger(),
            let sum: UInt32 = rest.takeInteger(), sum == checksum(bytes[..<(size - 4)])
        else { return nil }
        return Record(id: ULID(high: high, low: low), confirmed: confirmed, lost: lost)
    }

    private func write() {
        var bytes = Self.mark
        bytes.reserveCapacity(Self.size)
        bytes.append(littleEndian: record.id.high)
        bytes.append(littleEndian: record.id.low)
        bytes.append(littleEndian: record.confirmed)
        bytes.append(littleEndian: record.lost)
        bytes.append(littleEndian: Self.checksum(bytes[...]))
        let written = pwrite(descriptor, bytes, bytes.count, 0)
        if written != bytes.count, !isFailureTold {
            isFailureTold = true
            log.warning(
                "the count of confirmed events cannot be kept on disk; a loss of the store may go unnoticed meanwhile",
                ["reason": .text(SystemError("pwrite", code: written < 0 ? errno : ENOSPC).description)])
        }
        if written == bytes.count { isFailureTold = false }
        syncSoon()
    }

    /// Once a second at most, and not on the loop's thread.
    private func syncSoon() {
        guard !isSyncDue else { return }
        isSyncDue = true
        loop.schedule(after: Self.syncPeriod) { [weak self] in
            guard let self else { return }
            self.isSyncDue = false
            let copy = fcntl(self.descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { return }
            do throws(SystemError) {
                try self.loop.offload {
                    _ = fdatasync(copy)
                    return close(copy)
                } then: { _ in
                }
            } catch {
                close(copy)
            }
        }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { CRC32C.checksum(of: $0, seed: 0) }
    }
}

import Glibc

/// One writer's segments, `<dataDirectory>/spool/<instance>/`, locked for as long as its process lives: a folder whose
/// lock can be had belongs to a process that is gone, and is drained by whoever takes the lock.
final class SpoolFolder {
    let path: String
    /// Whether this process writes here; else it only drains what another has left.
    let isOwn: Bool
    private let lock: Int32
    private let format: SpoolFormat
    private let status: SpoolStatus
    private(set) var segments: [SpoolSegment] = []
    /// The segment that is appended to: the last one, or none.
    private var active: SpoolSegment?
    private var nextNumber: UInt64 = 1

    private static let lockName = "lock"
    private static let suffix = ".spool"

    private init(path: String, isOwn: Bool, lock: Int32, nonce: UInt64, status: SpoolStatus) {
        self.path = path
        self.isOwn = isOwn
        self.lock = lock
        self.status = status
        format = SpoolFormat(nonce: nonce)
    }

    deinit { close(lock) }

    /// Makes a folder of one's own below `directory`.
    static func create(in directory: String, named name: String, status: SpoolStatus) throws(SystemError) -> SpoolFolder
    {
        for path in [directory, "\(directory)/\(name)"] {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir \(path)") }
        }
        let path = "\(directory)/\(name)"
        guard let lock = try takeLock(of: path) else { throw SystemError("flock \(path)", code: EWOULDBLOCK) }
        var nonce: UInt64 = 0
        for _ in 0..<2 { nonce = nonce << 32 | UInt64(UInt32.random(in: .min ... .max)) }
        let folder = SpoolFolder(path: path, isOwn: true, lock: lock, nonce: nonce, status: status)
        // The names on the way to a segment must be as durable as what is in it.
        for above in [parent(of: directory), directory, path] { try synchronize(above) }
        return folder
    }

    /// What a folder that another process has left holds; blocks while it reads.
    struct Abandoned: Sendable {
        var path: String
        var lock: Int32
        var segments: [(path: String, size: Int, events: [String: Int])]

        /// Gives the folder back, so that somebody else can take it over.
        func release() { close(lock) }
    }

    /// Takes a folder over; nil when its process lives, or there is no such folder.
    static func take(_ path: String) -> Abandoned? {
        guard let lock = try? takeLock(of: path) else { return nil }
        guard let names = try? entries(of: path) else {
            close(lock)
            return nil
        }
        var segments: [(path: String, size: Int, events: [String: Int])] = []
        for name in names.filter({ $0.hasSuffix(suffix) }).sorted() {
            guard let segment = try? SpoolSegment.open("\(path)/\(name)") else { continue }
            var events: [String: Int] = [:]
            while let record = try? segment.next() { events[record.source, default: 0] += 1 }
            segments.append((segment.path, segment.size, events))
        }
        return Abandoned(path: path, lock: lock, segments: segments)
    }

    /// The folder that was taken over.
    init(_ abandoned: Abandoned, status: SpoolStatus) {
        path = abandoned.path
        isOwn = false
        lock = abandoned.lock
        format = SpoolFormat(nonce: 0)
        self.status = status
        for (path, size, events) in abandoned.segments {
            guard let segment = try? SpoolSegment.open(path) else { continue }
            segment.waiting = events
            segments.append(segment)
            status.found(bytes: size, events: events)
        }
    }

    /// The folders below `directory`, oldest first.
    static func list(_ directory: String) -> [String] {
        ((try? entries(of: directory)) ?? []).filter { $0 != damagedName }.sorted().map { "\(directory)/\($0)" }
    }

    // MARK: Writing

    /// Appends records and returns when they are durable.
    func append(_ records: [SpoolRecord], segmentBytes: Int) throws(SystemError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.room(for: records) + SpoolFormat.segmentHeaderSize)
        let segment = try writableSegment(segmentBytes)
        if segment.size == 0 { format.appendSegmentHeader(to: &bytes) }
        for record in records { format.append(record, to: &bytes) }
        do throws(SpoolSegment.Failure) {
            try segment.append(bytes)
        } catch {
            if !error.isUsable || segment.size == 0 { retire(segment) }
            throw error.cause
        }
        var counts: [String: Int] = [:]
        for record in records { counts[record.source, default: 0] += 1 }
        segment.waiting.merge(counts, uniquingKeysWith: +)
        status.took(counts)
        if bytes.count == segment.size { status.tookHeader() }
    }

    /// How much room records take.
    static func room(for records: [SpoolRecord]) -> Int {
        records.reduce(0) { $0 + $1.size + SpoolFormat.recordHeaderSize }
    }

    private func writableSegment(_ segmentBytes: Int) throws(SystemError) -> SpoolSegment {
        if let active, active.size < segmentBytes { return active }
        let number = String(nextNumber)
        let name = String(repeating: "0", count: max(0, 12 - number.count)) + number + Self.suffix
        let segment = try SpoolSegment.create("\(path)/\(name)")
        nextNumber += 1
        do throws(SystemError) {
            try Self.synchronize(path)
        } catch {
            unlink(segment.path)
            throw error
        }
        segments.append(segment)
        active = segment
        return segment
    }

    /// Appends no more to a segment; one without records goes away.
    private func retire(_ segment: SpoolSegment) {
        if active === segment { active = nil }
        guard segment.size == 0 else { return }
        unlink(segment.path)
        segments.removeAll { $0 === segment }
    }

    // MARK: Draining

    var isEmpty: Bool { segments.isEmpty }

    /// Removes a segment all of whose records are in the store. One with damage is moved aside instead, for people.
    ///
    /// - Returns: where the damaged file is now.
    func finish(_ segment: SpoolSegment) throws(SystemError) -> String? {
        if active === segment { active = nil }
        segments.removeAll { $0 === segment }
        status.left(segment.waiting, isStored: false)
        status.release(segment.size)
        guard segment.isDamaged else {
            guard unlink(segment.path) == 0 else { throw SystemError("unlink \(segment.path)") }
            return nil
        }
        let directory = "\(Self.parent(of: path))/\(Self.damagedName)"
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir \(directory)") }
        let kept = "\(directory)/\(Self.lastName(of: path))-\(Self.lastName(of: segment.path))"
        guard rename(segment.path, kept) == 0 else { throw SystemError("rename \(segment.path)") }
        return kept
    }

    /// Makes the removals durable, so that a restart does not drain the same again.
    func synchronize() { try? Self.synchronize(path) }

    /// Removes the folder itself; call it when it is empty.
    func remove() {
        unlink("\(path)/\(Self.lockName)")
        rmdir(path)
    }

    // MARK: System

    private static let damagedName = "damaged"

    private static func takeLock(of path: String) throws(SystemError) -> Int32? {
        let file = "\(path)/\(lockName)"
        let lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw SystemError("open \(file)") }
        var status = stat()
        // A folder that was removed between opening and locking is nobody's.
        guard flock(lock, LOCK_EX | LOCK_NB) == 0, fstat(lock, &status) == 0, status.st_nlink > 0 else {
            close(lock)
            return nil
        }
        return lock
    }

    private static func synchronize(_ directory: String) throws(SystemError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError("fsync \(directory)") }
    }

    private static func entries(of path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw SystemError("opendir \(path)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func parent(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "." : String(path[..<end])
    }

    private static func lastName(of path: String) -> Substring {
        path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]
    }
}

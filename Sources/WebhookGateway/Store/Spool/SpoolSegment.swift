import Glibc

/// One file of the journal: records are appended at its end, made durable, and read from its front.
final class SpoolSegment {
    let path: String
    /// How far the file holds what was written and made durable.
    private(set) var size: Int
    /// How many of its events the store does not have yet, by source.
    var waiting: [String: Int] = [:]
    private let descriptor: Int32
    private var reader = SpoolReader()
    private var readOffset = 0

    private static let readSize = 256 * 1024

    private init(path: String, descriptor: Int32, size: Int) {
        self.path = path
        self.descriptor = descriptor
        self.size = size
    }

    deinit { close(descriptor) }

    /// Makes a new, empty file.
    static func create(_ path: String) throws(SystemError) -> SpoolSegment {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open") }
        return SpoolSegment(path: path, descriptor: descriptor, size: 0)
    }

    /// Opens a file that another process left.
    static func open(_ path: String) throws(SystemError) -> SpoolSegment {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = SystemError("fstat")
            close(descriptor)
            throw error
        }
        return SpoolSegment(path: path, descriptor: descriptor, size: Int(status.st_size))
    }

    // MARK: Writing

    /// Appends bytes and returns when they are on the disk; a failure leaves the file as it was, or says that it cannot.
    func append(_ bytes: [UInt8]) throws(Failure) {
        do throws(SystemError) {
            try write(bytes)
            guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync") }
        } catch {
            // What was not acknowledged must not stay: neither a part of a record nor, after a failed fdatasync, pages
            // whose state nobody knows.
            let isRestored = ftruncate(descriptor, off_t(size)) == 0 && error.call != "fdatasync"
            throw Failure(cause: error, isUsable: isRestored)
        }
        size += bytes.count
    }

    struct Failure: Error {
        var cause: SystemError
        /// Whether the file may be appended to again.
        var isUsable: Bool
    }

    private func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written, off_t(size + written))
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw SystemError("pwrite", code: count == 0 ? ENOSPC : errno)
            }
        }
    }

    // MARK: Reading

    /// Whether everything that is durable has been read.
    var isExhausted: Bool { readOffset >= size && isStarved }
    private var isStarved = true
    /// Bytes between whole records that are none.
    var damagedBytes: Int { reader.damagedBytes }
    /// Whether there was more in the file than could be read.
    var isDamaged: Bool { damagedBytes > 0 || hasFailed }
    private var hasFailed = false

    /// The next record; nil when there is none (yet).
    func next() throws(SystemError) -> SpoolRecord? {
        while true {
            if let record = reader.next() {
                isStarved = false
                return record
            }
            isStarved = true
            guard readOffset < size else { return nil }
            try readMore()
        }
    }

    private func readMore() throws(SystemError) {
        let wanted = min(max(Self.readSize, reader.wanted), size - readOffset)
        var failure: SystemError?
        withUnsafeTemporaryAllocation(byteCount: wanted, alignment: 16) { buffer in
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(readOffset))
            if count > 0 {
                reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                readOffset += count
            } else if count == 0 {
                // Shorter than it was: somebody else cut it.
                size = readOffset
            } else if errno != EINTR {
                failure = SystemError("pread")
            }
        }
        if let failure {
            hasFailed = true
            throw failure
        }
    }
}

import CLinux
import Glibc

/// Log lines of one loop, gathered during a turn and written at its end: one system call for many lines, and never one
/// that waits. When nobody reads the log, what does not fit is dropped, counted, and told as soon as there is room.
final class LogBatch {
    /// How a descriptor is written to without waiting for its reader.
    private enum Way {
        /// Regular files take everything at once.
        case file
        /// A description of our own, so that not waiting is our affair and not that of others who write there.
        case own(FileDescriptorOwner)
        /// Sockets (systemd's journal).
        case socket
        /// Terminals and pipes that cannot be opened anew: asked before each write.
        case asked
    }

    private final class FileDescriptorOwner {
        let raw: Int32
        init(_ raw: Int32) { self.raw = raw }
        deinit { close(raw) }
    }

    /// The kernel keeps writes to a pipe whole up to this length (PIPE_BUF), so that lines of several threads do not mix.
    private static let wholeWrite = 4096
    private static let retryDelay = Duration.milliseconds(50)

    /// Lines that were lost because the log was not read.
    private(set) var dropped: UInt64 = 0

    private var bytes: [UInt8] = []
    private var droppedSinceTold: UInt64 = 0
    private var isRetrying = false
    private let log: Log
    private let descriptor: Int32
    private let way: Way
    private let limit: Int
    private let loop: EventLoop

    /// - Parameter limit: bytes kept while the log cannot be written.
    init(_ log: Log, limit: Int = 256 * 1024, loop: EventLoop) {
        self.log = log
        self.limit = limit
        self.loop = loop
        descriptor = log.descriptor
        way = Self.way(of: log.descriptor)
        loop.beforeSleep { [weak self] in
            self?.flush()
            return self != nil
        }
    }

    /// Appends one line, with its end; dropped when too many wait already.
    func append(_ line: (inout [UInt8]) -> Void) {
        guard bytes.count < limit else {
            dropped += 1
            droppedSinceTold += 1
            return
        }
        line(&bytes)
    }

    /// Writes what the descriptor takes.
    func flush() {
        guard !bytes.isEmpty || droppedSinceTold > 0 else { return }
        var written = 0
        while written < bytes.count {
            let count = put(written)
            guard count > 0 else { break }
            written += count
        }
        if written == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= limit)
            if droppedSinceTold > 0 { tellDropped() }
        } else {
            bytes.removeFirst(written)
        }
        if !bytes.isEmpty { retryLater() }
    }

    private func tellDropped() {
        log.append(
            .warning, "log lines dropped: the log is not read fast enough", ["lines": .number(droppedSinceTold)],
            to: &bytes)
        droppedSinceTold = 0
    }

    private func retryLater() {
        guard !isRetrying else { return }
        isRetrying = true
        loop.schedule(after: Self.retryDelay) { [weak self] in
            self?.isRetrying = false
            self?.flush()
        }
    }

    /// Writes from `start` on, and tells how many bytes were taken.
    private func put(_ start: Int) -> Int {
        let end = chunkEnd(start)
        return bytes[start..<end].withUnsafeBytes { chunk in
            switch way {
            case .file: return write(descriptor, chunk.baseAddress, chunk.count)
            case .own(let owner): return write(owner.raw, chunk.baseAddress, chunk.count)
            case .socket:
                return send(descriptor, chunk.baseAddress, chunk.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            case .asked:
                var question = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&question, 1, 0) == 1, question.revents & Int16(POLLOUT) != 0 else { return 0 }
                return write(descriptor, chunk.baseAddress, chunk.count)
            }
        }
    }

    /// The end of the last line that still fits one whole write.
    private func chunkEnd(_ start: Int) -> Int {
        if case .file = way { return bytes.count }
        guard bytes.count - start > Self.wholeWrite else { return bytes.count }
        let newline = UInt8(ascii: "\n")
        if let last = bytes[start..<start + Self.wholeWrite].lastIndex(of: newline) { return last + 1 }
        return (bytes[start...].firstIndex(of: newline) ?? bytes.count - 1) + 1
    }

    private static func way(of descriptor: Int32) -> Way {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .asked }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFSOCK: return .socket
        case S_IFIFO, S_IFCHR:
            let own = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            return own >= 0 ? .own(FileDescriptorOwner(own)) : .asked
        default: return .asked
        }
    }
}

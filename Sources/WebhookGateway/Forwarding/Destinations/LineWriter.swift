import CLinux
import Glibc

/// Writes whole lines to a descriptor that is shared with others (standard output) and may stop taking bytes at any
/// time, without ever blocking the loop.
///
/// The descriptor's own flags are left alone: O_NONBLOCK would hold for every process that has the terminal open. A pipe
/// or terminal is opened once more through /proc, which gives flags of its own; a socket takes MSG_DONTWAIT; a regular
/// file never blocks.
@ControlPlane
final class LineWriter {
    enum Failure: Error, Equatable, CustomStringConvertible {
        case blocked(after: Duration)
        case system(SystemError)

        var description: String {
            switch self {
            case .blocked(let duration):
                "standard output has taken no bytes for \(duration.milliseconds) ms: its reader is stopped or too slow"
            case .system(let error) where error.code == EPIPE:
                "standard output is closed: nobody reads it any more"
            case .system(let error):
                "standard output cannot be written to: \(error)"
            }
        }
    }

    private enum Kind {
        /// Ours, to close in the end, and non-blocking.
        case reopened
        case socket
        case regularFile
        /// Could not be reopened: written to in pieces that a writable pipe takes whole, when it is writable.
        case borrowed
    }

    private struct Tail {
        var line: [UInt8]
        var rest: [UInt8]
    }

    /// A writable pipe takes at least this much without blocking (PIPE_BUF).
    private static let piece = 4096

    private let descriptor: Int32
    private let kind: Kind
    /// A line whose beginning is out already: its rest goes before anything else, so that no line is ever broken.
    private var tail: Tail?
    /// The line that was completed so after its writer had given it up.
    private var finished: [UInt8]?
    private var isBusy = false
    private var queue = FIFO<CheckedContinuation<Void, Never>>()

    init(_ original: Int32) {
        var status = stat()
        fstat(original, &status)
        switch status.st_mode & S_IFMT {
        case S_IFREG: (descriptor, kind) = (original, .regularFile)
        case S_IFSOCK: (descriptor, kind) = (original, .socket)
        default:
            let own = open("/proc/self/fd/\(original)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            (descriptor, kind) = own >= 0 ? (own, .reopened) : (original, .borrowed)
        }
    }

    /// Writes the lines; tells of each whether it is out as a whole, and why not the others.
    func write(_ lines: [[UInt8]], deadline: Deadline) async -> (written: [Bool], failure: Failure?) {
        await enter()
        defer { leave() }
        var written = lines.map { _ in false }
        if let failure = await finishTail(deadline) { return (written, failure) }
        // A line whose writer gave up, and that went out as a tail since, is not written a second time.
        let late = finished.flatMap { lines.firstIndex(of: $0) }
        if let late {
            written[late] = true
            finished = nil
        }
        var bytes: [UInt8] = []
        var ends: [(line: Int, end: Int)] = []
        for index in lines.indices where index != late {
            bytes += lines[index]
            bytes.append(UInt8(ascii: "\n"))
            ends.append((index, bytes.count))
        }
        let (count, failure) = await drain(bytes, deadline)
        var start = 0
        for (line, end) in ends {
            if end > count {
                if count > start { tail = Tail(line: lines[line], rest: Array(bytes[count..<end])) }
                break
            }
            written[line] = true
            start = end
        }
        return (written, failure)
    }

    func close() {
        if kind == .reopened { _ = Glibc.close(descriptor) }
    }

    // MARK: One at a time

    private func enter() async {
        await withCheckedContinuation { continuation in
            if isBusy {
                queue.append(continuation)
            } else {
                isBusy = true
                continuation.resume()
            }
        }
    }

    private func leave() {
        if let next = queue.popFirst() { next.resume() } else { isBusy = false }
    }

    // MARK: Bytes

    private func finishTail(_ deadline: Deadline) async -> Failure? {
        guard let current = tail else { return nil }
        let (count, failure) = await drain(current.rest, deadline)
        if count == current.rest.count {
            tail = nil
            finished = current.line
        } else {
            tail?.rest.removeFirst(count)
        }
        return failure
    }

    private func drain(_ bytes: [UInt8], _ deadline: Deadline) async -> (Int, Failure?) {
        var written = 0
        while written < bytes.count {
            if kind == .borrowed, !isWritable {
                guard await becomesWritable(deadline) else { return (written, .blocked(after: deadline.allowance)) }
            }
            let count = bytes.withUnsafeBytes { attempt(UnsafeRawBufferPointer(rebasing: $0[written...])) }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                guard await becomesWritable(deadline) else { return (written, .blocked(after: deadline.allowance)) }
            case let code: return (written, .system(SystemError("write", code: code)))
            }
        }
        return (written, nil)
    }

    private func attempt(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch kind {
        case .reopened, .regularFile: Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        case .borrowed: Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.piece))
        case .socket: send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }

    private var isWritable: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Waits for the descriptor; the wait is registered on a duplicate, as the original may be registered by others.
    private func becomesWritable(_ deadline: Deadline) async -> Bool {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { return false }
        let waiter = WritableWaiter()
        let isReady = await Promise<Bool>.value(by: deadline.time, orElse: { false }) { promise in
            waiter.promise = promise
            do throws(SystemError) {
                try ControlPlane.loop.register(duplicate, interest: .writable, handler: waiter)
            } catch {
                promise.fulfil(false)
            }
        }
        ControlPlane.loop.deregister(duplicate)
        _ = Glibc.close(duplicate)
        return isReady
    }
}

/// Tells one waiting task that its descriptor is writable, or broken, which the next write will say.
@ControlPlane
private final class WritableWaiter: @ControlPlane EventHandler {
    var promise: Promise<Bool>?

    func ready(_ events: IOEvents) { promise?.fulfil(true) }
}

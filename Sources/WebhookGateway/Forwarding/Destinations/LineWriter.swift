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

    /// A writable pipe takes at least this much without blocking (PIPE_BUF).
    private static let piece = 4096

    private let descriptor: Int32
    private let kind: Kind
    /// The rest of a line whose beginning is out already: it goes before anything else, so that no line is ever broken.
    private var tail: [UInt8] = []
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

    /// Writes the lines; tells how many of them are out as a whole, and why not the others.
    func write(_ lines: [[UInt8]], deadline: Deadline) async -> (written: Int, failure: Failure?) {
        await enter()
        defer { leave() }
        do throws(Failure) {
            try await finishTail(deadline)
        } catch {
            return (0, error)
        }
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for line in lines {
            bytes += line
            bytes.append(UInt8(ascii: "\n"))
            ends.append(bytes.count)
        }
        let (count, failure) = await drain(bytes, deadline)
        let written = ends.prefix { $0 <= count }.count
        let start = written == 0 ? 0 : ends[written - 1]
        if count > start { tail = Array(bytes[count..<ends[written]]) }
        return (written, failure)
    }

    func close() {
        if kind == .reopened { _ = Glibc.close(descriptor) }
    }

    // MARK: One at a time

    private func enter() async {
        if !isBusy {
            isBusy = true
        } else {
            await withCheckedContinuation { queue.append($0) }
        }
    }

    private func leave() {
        if let next = queue.popFirst() { next.resume() } else { isBusy = false }
    }

    // MARK: Bytes

    private func finishTail(_ deadline: Deadline) async throws(Failure) {
        guard !tail.isEmpty else { return }
        let (count, failure) = await drain(tail, deadline)
        tail.removeFirst(count)
        if let failure { throw failure }
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

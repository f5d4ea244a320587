import CLinux
import Glibc
import Synchronization

/// The only door into an `EventLoop` from other threads: work to run there, and an executor for actors.
final class EventLoopRemote: SerialExecutor, Sendable {
    private enum Work: Sendable {
        case job(UnownedJob)
        case action(@Sendable (EventLoop) -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        /// Whether the eventfd has been written since the loop last took the work.
        var isWoken = false
    }

    let descriptor: Int32
    private let inbox = Mutex(Inbox())
    private let thread = Atomic<UInt>(0)

    init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("eventfd") }
    }

    deinit { close(descriptor) }

    /// Runs `action` on the loop's thread, soon.
    func execute(_ action: @escaping @Sendable (EventLoop) -> Void) { add(.action(action)) }

    func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the event loop's thread")
    }

    func isIsolatingCurrentContext() -> Bool? {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    private func add(_ work: Work) {
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isWoken = true }
            return !inbox.isWoken
        }
        guard mustWake else { return }
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    // MARK: For the loop

    /// Says that the calling thread is the loop's.
    func adoptCurrentThread() { thread.store(UInt(pthread_self()), ordering: .relaxed) }

    var hasWork: Bool { inbox.withLock { !$0.work.isEmpty } }

    func clearWakeup() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    /// Runs what has come in; what comes in meanwhile waits for the next turn, so that input and output get theirs.
    func drain(on loop: EventLoop) {
        let work = inbox.withLock { inbox in
            let work = inbox.work
            inbox.work = []
            inbox.isWoken = false
            return work
        }
        for item in work {
            switch item {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .action(let action): action(loop)
            }
        }
    }
}

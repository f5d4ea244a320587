import Glibc

/// The control plane's isolation: forwarder, admin listener and housekeeping share one thread and one event loop.
///
/// Everything marked `@ControlPlane` runs there, so that its state needs no lock, callbacks of the loop may touch it
/// directly, and `await` suspends without leaving the thread. Ingest workers have loops of their own and never wait here.
@globalActor
actor ControlPlane {
    static let shared = ControlPlane()

    /// The loop's door: for work from other threads.
    static let remote: EventLoopRemote = startThread()

    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.remote.asUnownedSerialExecutor() }

    /// The control plane's own loop, for those who live on it.
    @ControlPlane
    static var loop: EventLoop {
        guard let loop = EventLoop.current else { preconditionFailure("the control plane runs on its own event loop") }
        return loop
    }

    private static func startThread() -> EventLoopRemote {
        do {
            let remote = try EventLoopRemote()
            try WorkerThread.start(named: "control") {
                do throws(SystemError) {
                    try EventLoop(remote: remote).run()
                } catch {
                    stop(error)
                }
            }
            return remote
        } catch {
            stop(error)
        }
    }

    /// Without epoll or threads nothing can run; the process says so and ends.
    private static func stop(_ error: SystemError) -> Never {
        let message =
            "webhook-gateway: the control plane's event loop failed: \(error). Check the limits on open files and threads (ulimit -n, -u).\n"
        _ = message.withCString { write(2, $0, strlen($0)) }
        exit(1)
    }
}

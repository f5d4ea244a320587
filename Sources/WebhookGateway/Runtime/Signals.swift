import CLinux
import Glibc

/// Delivers signals to the control plane as ordinary input (signalfd), so that a handler may do anything.
@ControlPlane
final class Signals: @ControlPlane EventHandler {
    private let descriptor: Int32
    private let received: (Int32) -> Void

    /// Signals that `serve` reacts to; blocked in every thread, see `block`.
    nonisolated static let watched = [SIGTERM, SIGINT, SIGHUP, SIGCHLD]

    /// Blocks the watched signals; must be the first thing the process does, before any thread exists, as threads
    /// inherit the mask. A peer that closes must not kill us either: SIGPIPE is ignored.
    nonisolated static func block() {
        var set = mask()
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    init(received: @escaping (Int32) -> Void) throws(SystemError) {
        var set = Self.mask()
        descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("signalfd") }
        self.received = received
        try ControlPlane.loop.register(descriptor, interest: .readable, handler: self)
    }

    func ready(_ events: IOEvents) {
        var info = signalfd_siginfo()
        while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            received(Int32(info.ssi_signo))
        }
    }

    private nonisolated static func mask() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in watched { sigaddset(&set, signal) }
        return set
    }
}

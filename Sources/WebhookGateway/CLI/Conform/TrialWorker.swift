import Glibc

/// One life of the worker under trial: a process (with those that it starts) which can be killed and paused.
@ControlPlane
final class TrialWorker {
    /// The consumers by which it has announced itself.
    var consumers: Set<String> = []
    private(set) var isPaused = false
    /// How it ended, for people; nil while it lives.
    private(set) var end: String?

    private let pid: pid_t

    /// - Parameters:
    ///   - program: its path.
    ///   - output: the file that takes what it writes.
    init(_ program: String, _ arguments: [String], environment: [String: String], output: String) throws(SystemError) {
        pid = try ChildProcess.spawn(program, arguments, environment: environment, output: output)
    }

    /// Whether it still runs.
    var isAlive: Bool {
        guard end == nil else { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) != 0 else { return true }
        end = status & 0x7F == 0 ? "exit code \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
        // Whatever it has started goes with it.
        Glibc.kill(-pid, SIGKILL)
        return false
    }

    /// Ends it as a power cut would.
    func kill() {
        guard isAlive else { return }
        Glibc.kill(-pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        end = "killed"
    }

    func pause() {
        isPaused = true
        Glibc.kill(-pid, SIGSTOP)
    }

    func resume() {
        isPaused = false
        Glibc.kill(-pid, SIGCONT)
    }
}

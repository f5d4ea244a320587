import CLinux
import Glibc

/// Keeps the process' memory, in which secrets are, out of core dumps, backtraces and other processes of the same user.
enum CoreDumps {
    /// What Swift's runtime catches to print a backtrace.
    private static let crashes = [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// From now on the kernel writes no core dump of this process, and only root may trace it or read its memory and
    /// environment (prctl(2), PR_SET_DUMPABLE; ptrace(2)). Programs that it starts are not concerned.
    ///
    /// A crash ends the process at once: the backtrace of Swift's runtime shows registers and memory, and its handler
    /// waits for ever, with one thread spinning, for a helper that may not look into this process.
    static func forbid() throws(SystemError) {
        guard wg_forbid_core_dumps() == 0 else { throw SystemError("prctl") }
        for crash in crashes { signal(crash, SIG_DFL) }
    }
}

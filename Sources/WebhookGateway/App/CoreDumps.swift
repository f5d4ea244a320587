import CLinux

/// Keeps the process' memory, in which secrets are, out of core dumps and other processes of the same user.
enum CoreDumps {
    /// From now on the kernel writes no core dump of this process, and only root may trace it or read its memory and
    /// environment (prctl(2), PR_SET_DUMPABLE; ptrace(2)). Programs that it starts are not concerned.
    static func forbid() throws(SystemError) {
        guard wg_forbid_core_dumps() == 0 else { throw SystemError("prctl") }
    }
}

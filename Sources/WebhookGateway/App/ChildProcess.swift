import CLinux
import Glibc

/// Starts programs without a shell.
enum ChildProcess {
    /// The absolute path of a program found in PATH or where servers usually are; nil when it is nowhere.
    static func find(_ names: [String], path: String?) -> String? {
        let folders = (path ?? "").split(separator: ":").map(String.init) + ["/usr/bin", "/usr/sbin", "/usr/local/bin"]
        for name in names {
            for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        }
        return nil
    }

    /// Starts `program` in a session of its own (a terminal's Ctrl-C does not reach it), with no signal blocked or
    /// ignored, its standard streams going to `output`.
    ///
    /// - Parameter environment: variables besides, or in place of, those of this process.
    static func spawn(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], output: String
    ) throws(SystemError) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = none
        for signal in Signals.watched + [SIGPIPE] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | wg_posix_spawn_setsid)

        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&files, 1, 2)

        var pid = pid_t()
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var variables = variables(besides: environment)
        variables.append(nil)
        defer { for variable in variables { free(variable) } }
        let code = posix_spawn(&pid, program, &files, &attributes, pointers, variables)
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        return pid
    }
    /// This process' variables with others in place of, or besides, them; to be freed.
    private static func variables(besides others: [String: String]) -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            let name = String(cString: variable).prefix { $0 != "=" }
            if others[String(name)] == nil { variables.append(strdup(variable)) }
            next += 1
        }
        return variables + others.map { strdup("\($0)=\($1)") }
    }
}

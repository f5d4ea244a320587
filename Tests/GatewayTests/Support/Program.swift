import Glibc

@testable import WebhookGateway

/// A program that a test started: its output goes to two files, and it can be signalled and waited for.
final class Program {
    /// How a program ended.
    enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    /// What a program that has ended left.
    struct Result {
        var end: End
        var output: String
        var errors: String

        var code: Int32? {
            if case .exit(let code) = end { code } else { nil }
        }
    }

    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private(set) var end: End?

    /// Starts a program that is found in the environment's PATH, with no signal blocked or ignored.
    ///
    /// - Parameters:
    ///   - directory: where it runs.
    ///   - logs: the files `<logs>.out` and `<logs>.err` take what it writes.
    init(
        _ program: String, _ arguments: [String], in directory: String, environment: [String: String], logs: String,
        input: String = "/dev/null"
    ) throws {
        (outputPath, errorPath) = ("\(logs).out", "\(logs).err")
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        for (descriptor, path) in [(Int32(1), outputPath), (2, errorPath)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        }

        // The shell goes to the directory and then becomes the program, under the same number.
        let shell = ["sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", directory, program]
        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in shell + arguments { words.append(strdup(word)) }
        words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = []
        for (name, value) in environment { variables.append(strdup("\(name)=\(value)")) }
        // Under a sanitizer the program is told what the tests were told.
        for name in ["LSAN_OPTIONS", "ASAN_SYMBOLIZER_PATH", "TSAN_OPTIONS"] {
            if let value = getenv(name) { variables.append(strdup("\(name)=\(String(cString: value))")) }
        }
        variables.append(nil)
        defer { for text in words + variables { free(text) } }
        var pid = pid_t()
        let code = posix_spawnp(&pid, "sh", &actions, &attributes, words, variables)
        guard code == 0 else { throw SystemError("posix_spawnp", code: code) }
        self.pid = pid
    }

    var output: String { Self.text(outputPath) }
    var errors: String { Self.text(errorPath) }

    /// Sends a signal, unless the program has ended: its number may then be somebody else's.
    func signal(_ number: Int32) {
        if isRunning { kill(pid, number) }
    }

    var isRunning: Bool {
        guard end == nil else { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return true }
        end = status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
        return false
    }

    /// Waits for the end; a program that does not come to it is killed, and the wait fails.
    func finish(within bound: Duration = .seconds(60)) throws -> Result {
        do {
            try waitUntil("the end of process \(pid)", within: bound) { !isRunning }
        } catch {
            signal(SIGKILL)
            try waitUntil("the end of process \(pid) by SIGKILL") { !isRunning }
            throw TimedOut(description: "\(error)\n\(output.suffix(2000))\n\(errors.suffix(2000))")
        }
        return Result(end: end ?? .exit(0), output: output, errors: errors)
    }

    private static func text(_ path: String) -> String {
        (try? HostFile.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

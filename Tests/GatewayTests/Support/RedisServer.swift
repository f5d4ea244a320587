import Glibc

@testable import WebhookGateway

/// A real redis-server of one test: on a unix socket in a folder of its own under the temporary directory.
///
///     let server = try RedisServer()
///     defer { server.stop() }
///
/// A shell waits on a pipe of this process and ends the server by its id, so that a crashed test run leaves neither a
/// process nor a folder behind.
final class RedisServer {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let directory: String
    private let arguments: [String]
    private var shell: pid_t = 0
    private var server: pid_t = 0
    private var pipe: Int32 = -1

    var socketPath: String { "\(directory)/redis.sock" }
    var settings: RedisSettings { RedisSettings(place: .unix(path: socketPath)) }

    /// Starts the server and waits until it accepts connections.
    ///
    /// - Parameter isDurable: keeps an append-only file, so that `kill` and `start` find the data again.
    init(isDurable: Bool = false, extraArguments: [String] = []) throws {
        var template = Array("/tmp/gateway-test-redis.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: errno \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        arguments =
            ["--port", "0", "--unixsocket", "\(directory)/redis.sock", "--dir", directory, "--save", "''"]
            + ["--appendonly", isDurable ? "yes" : "no", "--appendfsync", "always", "--logfile", "\(directory)/log"]
            + extraArguments
        try start()
    }

    deinit { stop() }

    /// Starts the server again after `kill`.
    func start() throws {
        let script = """
            redis-server \(arguments.joined(separator: " ")) </dev/null >/dev/null 2>&1 &
            echo $!
            read -r order
            kill -9 $! 2>/dev/null
            wait $! 2>/dev/null
            [ "$order" = keep ] || rm -rf '\(directory)'
            """
        let (input, output) = (try Self.makePipe(), try Self.makePipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.read, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in ["sh", "-c", script] { words.append(strdup(word)) }
        words.append(nil)
        defer { for word in words { free(word) } }
        // Threads of Dispatch block all signals, and a shell that inherits that never hears of its child's end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawnp(&shell, "sh", &actions, &attributes, &words, environ)
        close(input.read)
        close(output.write)
        defer { close(output.read) }
        guard code == 0 else { throw Failure(description: "cannot start sh: errno \(code)") }
        pipe = input.write
        server = try Self.readNumber(output.read)
        try waitUntilReady()
    }

    /// Ends the server as a power cut would; its folder stays.
    func kill() {
        end(order: "keep\n")
    }

    /// Ends the server and removes its folder.
    func stop() {
        end(order: "end\n")
    }

    /// Stops the server's time: it holds its connections and answers nothing until `resume`.
    func suspend() { Glibc.kill(server, SIGSTOP) }

    func resume() { Glibc.kill(server, SIGCONT) }

    private func end(order: String) {
        guard pipe >= 0 else { return }
        _ = order.withCString { write(pipe, $0, strlen($0)) }
        close(pipe)
        pipe = -1
        var status: Int32 = 0
        waitpid(shell, &status, 0)
    }

    private func waitUntilReady() throws {
        for _ in 0..<1000 {
            do {
                _ = try Socket.connect(to: .unix(path: socketPath))
                return
            } catch {
                usleep(5000)
            }
        }
        throw Failure(description: "redis-server did not start; see \(directory)/log (is it installed?)")
    }

    /// Both ends are closed in children, so that other tests' processes cannot hold this server's pipe open.
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func readNumber(_ descriptor: Int32) throws -> pid_t {
        var text = ""
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        guard let number = pid_t(text) else { throw Failure(description: "the shell did not tell the server's id") }
        return number
    }
}

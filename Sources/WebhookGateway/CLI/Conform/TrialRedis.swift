import FoundationEssentials
import Glibc
import Verifiers

/// The Redis of one trial: a server of its own in a folder of its own, on a unix socket and a port of this machine. It
/// writes down every change, which `TrialJournal` reads; nothing of it is left afterwards.
@ControlPlane
final class TrialRedis {
    /// Why there is none.
    struct Unavailable: Error, CustomStringConvertible {
        var description: String
    }

    private static let startLimit = Duration.seconds(20)
    private static let stopLimit = Duration.seconds(5)

    let directory: String
    let port: UInt16
    let connection: RedisConnection
    private var pid: pid_t = 0

    var socket: String { "\(directory)/redis.sock" }
    var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts the server and connects to it.
    init(searchPath: String?) async throws {
        guard let program = ChildProcess.find(PrivateRedis.names, path: searchPath) else {
            throw Unavailable(
                description:
                    "redis-server is not installed; the trial needs one of its own (Debian, Ubuntu: apt-get install redis-server)"
            )
        }
        var template = Array("/tmp/webhook-conform.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Unavailable(description: "no folder can be made under /tmp (\(SystemError("mkdtemp")))")
        }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        port = try Self.freePort()
        connection = RedisConnection(
            RedisSettings(place: .unix(path: "\(directory)/redis.sock")), scripts: [.queueReap], loop: ControlPlane.loop
        )
        let arguments = [
            "--bind", "127.0.0.1", "--port", "\(port)", "--unixsocket", socket, "--dir", directory,
            // One file from the first change to the last, in commands.
            "--appendonly", "yes", "--appendfsync", "no", "--aof-use-rdb-preamble", "no",
            "--auto-aof-rewrite-percentage", "0", "--save", "", "--maxmemory-policy", "noeviction", "--logfile", "",
        ]
        do {
            pid = try ChildProcess.spawn(program, arguments, output: "\(directory)/redis.log")
            guard await connection.becomesReady(within: Self.startLimit) else {
                throw Unavailable(description: "the trial's Redis does not start: \(connection.problem)")
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// Ends the server and removes its folder.
    func stop() async {
        connection.stop()
        if pid > 0 {
            kill(pid, SIGTERM)
            let end = ContinuousClock.now + Self.stopLimit
            var status: Int32 = 0
            while waitpid(pid, &status, WNOHANG) == 0 {
                if ContinuousClock.now > end { kill(pid, SIGKILL) }
                try? await Task.sleep(for: .milliseconds(10))
            }
            pid = 0
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A port that nobody listens on at this moment.
    private static func freePort() throws -> UInt16 {
        if let loopback = IPAddress("127.0.0.1") {
            let listener = try Socket.listen(on: .ip(loopback, port: 0), sharesPort: false)
            if case .ip(_, let port) = try Socket.localAddress(listener.raw) { return port }
        }
        throw Unavailable(description: "the system gives no port on 127.0.0.1")
    }
}

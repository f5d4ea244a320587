import FoundationEssentials
import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

/// A directory of its own in which a test runs the real executable: configuration, data, logs.
///
///     let home = try GatewayHome()
///     defer { home.close() }
///     let gateway = try home.start()
///     let sent = try home.run("send", "stripe", "--to", gateway.url)
///
/// Nothing is left behind: `close` ends what is still running, and a shell that waits on a pipe of this process does the
/// same when the test run itself dies.
final class GatewayHome {
    /// The secrets that the fixtures are signed with (fixtures/webhooks/README.md), by variable.
    static let secrets = [
        "STRIPE_SECRET": "whsec_fixture_0123456789abcdef0123456789abcdef", "SQUARE_KEY": "fixture-signature-key",
        "QUICKBOOKS_TOKEN": "fixture-verifier-token", "MAILCHIMP_SECRET": "fixture-url-secret",
        // whsec_ + Base64 of 24 bytes, as Standard Webhooks wants it.
        "RECEIVER_SECRET": "whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdC0x",
    ]

    /// The four providers; their events go to the forwarder and to the queue `inbox`, which nobody consumes.
    static let sources = """
        sources: {
          stripe: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0, queues: ["events", "inbox"] },
          square: { provider: "square", secrets: ["env:SQUARE_KEY"], queues: ["events", "inbox"],
                    notificationURL: "https://hooks.example.com/webhooks/square" },
          quickbooks: { provider: "quickbooks", secrets: ["env:QUICKBOOKS_TOKEN"], queues: ["events", "inbox"] },
          mailchimp: { provider: "mailchimp", secrets: ["env:MAILCHIMP_SECRET"], queues: ["events", "inbox"] },
        },
        """

    /// Where the executable under test is: beside the test bundle.
    static let executable: String = {
        guard let path = realpath("/proc/self/exe", nil) else { return "webhook-gateway" }
        defer { free(path) }
        return URL(filePath: String(cString: path)).deletingLastPathComponent().appending(path: "webhook-gateway").path
    }()

    let path: String
    var environment: [String: String]
    private let directory: TemporaryDirectory
    private let guardian: Guardian
    private var programs: [Program] = []
    private var isClosed = false

    /// - Parameter configuration: members of the configuration besides ports; nil writes no file.
    init(_ configuration: String? = GatewayHome.sources) throws {
        directory = try TemporaryDirectory()
        path = directory.path
        environment = Self.secrets.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"]) { $1 }
        guardian = try Guardian(of: directory.path)
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/fixtures", withDestinationPath: WebhookFixture.repository.appending(path: "fixtures").path)
        if let configuration { try configure(configuration) }
    }

    /// Writes `gateway.json5`: these ports (0: any free ones), and the members given.
    func configure(_ members: String, workers: Int = 0, port: UInt16 = 0, adminPort: UInt16 = 0) throws {
        let text = """
            {
              listen: { host: "127.0.0.1", port: \(port), workers: \(workers), trustedProxies: ["127.0.0.1/32"] },
              admin: { port: \(adminPort) },
              \(members)
            }
            """
        try HostFile.replace("\(path)/gateway.json5", Array(text.utf8))
    }

    /// Starts a gateway and waits until it has started and its ingest workers have their Redis.
    func start(_ arguments: [String] = []) throws -> GatewayProcess {
        let gateway = GatewayProcess(try launch(["serve"] + arguments))
        do {
            try waitUntil("the start of the gateway") {
                try #require(gateway.program.isRunning)
                guard gateway.program.errors.contains("\"gateway started\"") else { return false }
                return try gateway.port == 0 || gateway.adminPort == 0 || gateway.metric("webhook_redis_up") == 1
            }
        } catch {
            throw TimedOut(description: "\(error)\n\(gateway.program.errors)")
        }
        return gateway
    }

    /// Runs a command to its end.
    func run(_ arguments: String..., within bound: Duration = .seconds(120)) throws -> Program.Result {
        try launch(arguments).finish(within: bound)
    }

    /// Starts the executable.
    func launch(_ arguments: [String]) throws -> Program { try launch(Self.executable, arguments) }

    /// Starts any program in this directory.
    func launch(_ program: String, _ arguments: [String]) throws -> Program {
        let program = try Program(
            program, arguments, in: path, environment: environment, logs: "\(path)/program-\(programs.count)")
        programs.append(program)
        guardian.watch(program.pid)
        return program
    }

    /// The text of a recorded delivery, as the provider sent it.
    func fixture(_ name: String) throws -> [UInt8] {
        try HostFile.read("\(path)/fixtures/webhooks/\(name)/request.http")
    }

    /// The private Redis of the gateway here.
    func redis() throws -> RedisProbe { try RedisProbe("\(path)/data/redis.sock") }

    /// The events on a queue.
    func events(on queue: String = "inbox") throws -> [String] { try redis().list(Keys().queue(queue)) }

    /// The private Redis' process; nil when none runs.
    func redisProcess() throws -> pid_t? { (try? redis())?.processID }

    /// Ends whatever still runs here and removes the directory.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for program in programs { program.signal(SIGTERM) }
        for program in programs where program.isRunning {
            do {
                _ = try program.finish()
            } catch {
                Issue.record("\(error)")
            }
        }
        // One that outlived its gateway, as it is meant to.
        if let redis = try? redis(), let process = redis.processID {
            redis.shutDown()
            do {
                try waitUntil("the end of the private Redis") { kill(process, 0) != 0 }
            } catch {
                Issue.record("\(error)")
            }
        }
        guardian.release()
    }

    deinit { close() }
}

/// A gateway that a test started.
final class GatewayProcess {
    let program: Program

    init(_ program: Program) { self.program = program }

    /// Lines of the log that are JSON objects.
    var log: [JSONDocument] {
        program.errors.split(separator: "\n").compactMap { try? JSONDocument(parsing: $0.utf8) }
    }

    /// The first log line with that message.
    func logLine(_ message: String) -> JSONDocument? { log.first { $0["message"] == message } }

    /// The public and the admin port, as the start line tells them.
    var port: UInt16 { port("listen") }
    var adminPort: UInt16 { port("admin") }
    var url: String { "http://127.0.0.1:\(port)" }

    /// Lines on standard output: the console destination's events.
    var console: [String] { program.output.split(separator: "\n").map(String.init) }

    /// Posts a request as it is.
    func post(_ request: [UInt8]) throws -> ClientResponse { try HTTPProbe.exchange(request, port: port) }

    /// A sample of /metrics by its name and labels.
    func metric(_ name: String) throws -> Int? {
        let text = try HTTPProbe.get("/metrics", port: adminPort).text
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }.flatMap {
            Int($0.dropFirst(name.count + 1))
        }
    }

    /// Stops it as an operator does.
    func stop() throws -> Program.Result {
        program.signal(SIGTERM)
        return try program.finish()
    }

    private func port(_ key: String) -> UInt16 {
        guard let address = logLine("gateway started")?[key] else { return 0 }
        return UInt16(address.split(separator: ":").last ?? "") ?? 0
    }
}

/// A shell that cleans up when this process has died without doing so.
private final class Guardian {
    private var pipe: Int32
    private let shell: pid_t

    init(of directory: String) throws {
        let script = """
            trap '' INT TERM HUP
            while read -r line; do
                [ "$line" = release ] && exit 0
                pids="$pids $line"
            done
            kill -9 $pids
            redis-cli -s '\(directory)/data/redis.sock' shutdown nosave
            rm -rf '\(directory)'
            """
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw SystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        pipe = ends[1]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        for descriptor in [Int32(1), 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
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
        var pid = pid_t()
        let code = posix_spawnp(&pid, "sh", &actions, &attributes, words, environ)
        guard code == 0 else { throw SystemError("posix_spawnp", code: code) }
        shell = pid
    }

    func watch(_ pid: pid_t) { tell("\(pid)\n") }

    func release() {
        tell("release\n")
        close(pipe)
        var status: Int32 = 0
        waitpid(shell, &status, 0)
    }

    private func tell(_ text: String) { _ = text.withCString { write(pipe, $0, strlen($0)) } }
}

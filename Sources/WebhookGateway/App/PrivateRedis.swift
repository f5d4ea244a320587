import Glibc

/// The gateway's own redis-server: a supervised child on a unix socket in the data directory, every write fsynced.
///
/// It lives in a session of its own and stops last. One that outlived a killed gateway still holds the socket and the
/// data: it is adopted, not fought over (the data directory's lock rules out a second gateway).
@ControlPlane
final class PrivateRedis {
    /// Why there is no private Redis.
    struct Unavailable: Error, CustomStringConvertible {
        var description: String
    }

    let socket: String

    nonisolated static let names = ["redis-server", "valkey-server"]
    private static let longestDelay = Duration.seconds(5)
    private static let joinLimit = Duration.seconds(10)

    private let program: String
    private let directory: String
    private let log: Log
    private var pid: pid_t = 0
    private var isAdopted = false
    private var isStopping = false
    /// Whether this process restarts and stops the server.
    private var isSupervised = true
    private var delay = Duration.milliseconds(100)

    init(dataDirectory: String, searchPath: String?, log: Log) throws(Unavailable) {
        guard let program = ChildProcess.find(Self.names, path: searchPath) else {
            throw Unavailable(
                description:
                    "redis-server is not installed, and redis.url names no other Redis. Install it (Debian, Ubuntu: apt-get install redis-server) or set redis.url"
            )
        }
        self.program = program
        directory = "\(dataDirectory)/redis"
        self.log = log
        do throws(DataDirectory.Unusable) {
            socket = try DataDirectory.redisSocket(in: dataDirectory)
        } catch {
            throw Unavailable(description: error.description)
        }
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw Unavailable(description: "\(directory) cannot be created (\(SystemError("mkdir")))")
        }
    }

    /// The settings to connect with.
    var settings: RedisSettings { RedisSettings(place: .unix(path: socket)) }

    /// Adopts the server that is already there, or starts one; returns when it accepts connections.
    func start() async throws(Unavailable) {
        if await !adopt() { try launch() }
        try await waitUntilReady()
        watchAdopted()
    }

    /// Finds the server of a gateway that still runs and watches over it: that gateway restarts it, until `takeOver`.
    func join() async throws(Unavailable) {
        isSupervised = false
        let deadline = ContinuousClock.now + Self.joinLimit
        while await !adopt() {
            guard ContinuousClock.now < deadline else {
                throw Unavailable(description: "the running gateway's private Redis does not answer on \(socket)")
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// From now on this process watches over the server.
    func takeOver() {
        isSupervised = true
        watchAdopted()
    }

    /// From now on another process does: this one only buries its child, should it end.
    func handOver() { isSupervised = false }

    private func adopt() async -> Bool {
        guard let running = await runningServer() else { return false }
        pid = running
        isAdopted = true
        log.info("private Redis adopted", ["pid": .integer(Int64(running)), "socket": .text(socket)])
        return true
    }

    /// Ends the server and waits for it: its last writes are on disk then.
    func stop(within limit: Duration) async {
        isStopping = true
        guard isSupervised, pid > 0 else { return }
        kill(pid, SIGTERM)
        let deadline = ContinuousClock.now + limit
        while isAlive {
            guard ContinuousClock.now < deadline else {
                log.warning(
                    "private Redis does not stop; leaving it, the next start adopts it", ["pid": .integer(Int64(pid))])
                return
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        pid = 0
    }

    /// A child has ended (SIGCHLD): if it was ours and nobody asked it to, it is started again.
    func childEnded() {
        guard pid > 0, !isAdopted, !isAlive else { return }
        restart()
    }

    // MARK: Starting

    private func launch() throws(Unavailable) {
        let arguments = [
            "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", directory, "--daemonize", "no",
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
            "--logfile", "",
            "--pidfile", "", "--loglevel", "notice", "--supervised", "no",
        ]
        do throws(SystemError) {
            pid = try ChildProcess.spawn(program, arguments, output: "\(directory)/redis.log")
        } catch {
            throw Unavailable(description: "\(program) cannot be started (\(error))")
        }
        isAdopted = false
        log.info("private Redis started", ["pid": .integer(Int64(pid)), "socket": .text(socket)])
    }

    private func waitUntilReady() async throws(Unavailable) {
        // Loading a large append-only file takes minutes; the server answers, with LOADING, long before.
        while await runningServer() == nil {
            guard isAlive else {
                throw Unavailable(description: "the private Redis ended while starting; see \(directory)/redis.log")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func restart() {
        guard !isStopping, isSupervised else { return }
        log.error("private Redis has ended; starting it again", ["log": .text("\(directory)/redis.log")])
        pid = 0
        ControlPlane.loop.schedule(after: delay) { [weak self] in
            guard let self else { return }
            Task { await self.startAgain() }
        }
        delay = min(delay * 2, Self.longestDelay)
    }

    /// The gateway before this one may have started it again already, while it handed over: two would fight for the data.
    private func startAgain() async {
        let isThere = await adopt()
        guard !isThere, !isStopping, isSupervised else { return }
        do throws(Unavailable) {
            try launch()
        } catch {
            log.error("private Redis cannot be started", ["reason": .text(error.description)])
            restart()
        }
    }

    /// No SIGCHLD tells of the end of a process that is not our child.
    private func watchAdopted() {
        ControlPlane.loop.schedule(after: .milliseconds(250)) { [weak self] in
            guard let self, !self.isStopping, self.isSupervised else { return }
            if self.isAdopted, !self.isAlive {
                self.isAdopted = false
                self.restart()
            }
            self.watchAdopted()
        }
    }

    // MARK: Asking

    private var isAlive: Bool {
        guard pid > 0 else { return false }
        if !isAdopted {
            var status: Int32 = 0
            return waitpid(pid, &status, WNOHANG) == 0
        }
        return kill(pid, 0) == 0
    }

    /// The process that answers on the socket and is ready to serve; nil when none does.
    private func runningServer() async -> pid_t? {
        guard access(socket, F_OK) == 0 else { return nil }
        let connection = RedisConnection(settings, scripts: [], loop: ControlPlane.loop)
        defer { connection.stop() }
        guard await connection.becomesReady(within: .milliseconds(500)) else { return nil }
        guard let info = try? await connection.command(["INFO", "server"]).string else { return nil }
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") }
        return line.flatMap { pid_t($0.dropFirst("process_id:".count)) }
    }
}

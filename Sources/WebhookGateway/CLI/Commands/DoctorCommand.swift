import Glibc

/// `doctor`: is everything as it should be, and what can be lost as it is?
struct DoctorCommand: Command {
    static let name = "doctor"
    static let summary = "examine Redis, ports, certificates, disk, clock and limits, and say what can be lost"
    static let usage = """
        webhook-gateway doctor [--config FILE] [--json]

        Examines what the gateway stands on: Redis (reachable, version, persistence, eviction policy, layout), the clocks,
        the data directory and its disk, the ports, their certificates and when they expire, the limit on open files,
        destinations that left the configuration while events wait for them, and settings that this version does not act
        on. Changes nothing.
        Exits 1 when something is wrong; warnings alone do not count.

          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          one object a finding: {"check","verdict":"ok|warning|problem","sentence"}
        """

    private let path: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
    }

    func run() async throws -> ExitCode {
        let loaded = try ConfigurationLoader.looking(known: .builtIn).load(path)
        var findings = [Finding.ok("configuration", "\(loaded.place) is valid")]
        findings += loaded.warnings.map { .warning("configuration", $0.line) }
        findings += loaded.configuration.unavailable(.builtIn).map {
            .warning("configuration", "\($0.keyPath) is not available yet: \($0.sentence)")
        }
        findings += await redis(loaded.configuration)
        findings += HostExamination(configuration: loaded.configuration).findings()
        let now = Clock.unixMilliseconds() / 1000
        findings += CertificateExamination(configuration: loaded.configuration, now: now).findings()
        for finding in findings { show(finding) }
        let problems = findings.count { $0.verdict == .problem }
        if !isJSON {
            Terminal.print("")
            Terminal.print(
                problems == 0
                    ? Terminal.coloured("nothing is wrong", .green)
                    : Terminal.coloured("\(problems) \(problems == 1 ? "thing is" : "things are") wrong", .red))
        }
        return problems == 0 ? .success : .failure
    }

    private func redis(_ configuration: Configuration) async -> [Finding] {
        if configuration.redis.url == nil, HostExamination.owner(of: configuration.dataDirectory) == .nobody {
            return [Self.privateServer()]
        }
        do {
            return try await StoreSession.run(configuration) { session in
                try await RedisExamination(session: session).findings()
            }
        } catch {
            return [.problem("redis", "\(error)")]
        }
    }

    /// The private Redis runs as long as the gateway; before, it is enough that it can be started.
    private static func privateServer() -> Finding {
        guard let program = ChildProcess.find(PrivateRedis.names, path: getenv("PATH").map { String(cString: $0) })
        else {
            return .problem(
                "redis",
                "redis.url names no Redis, and redis-server is not installed for a private one. Install it (Debian, Ubuntu: apt-get install redis-server) or set redis.url"
            )
        }
        return .ok(
            "redis",
            "the gateway is not running; `serve` starts its private Redis (\(program)), which syncs every write")
    }

    private func show(_ finding: Finding) {
        guard !isJSON else { return Terminal.print(finding.json) }
        let (word, colour): (String, Terminal.Colour) =
            switch finding.verdict {
            case .ok: ("ok     ", .green)
            case .warning: ("warning", .yellow)
            case .problem: ("problem", .red)
            }
        let subject = finding.subject + String(repeating: " ", count: max(0, 14 - finding.subject.count))
        Terminal.print("\(Terminal.coloured(word, colour))  \(subject)\(VisibleText.escaped(finding.sentence))")
    }
}

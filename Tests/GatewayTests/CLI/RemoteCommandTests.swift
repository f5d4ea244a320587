import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

/// The commands as clients of a gateway's admin port, beside the same commands over its store.
@ControlPlane
struct RemoteCommandTests {
    /// Commands in a directory of their own, with a gateway's admin port and its configuration at hand.
    @ControlPlane
    final class Desk {
        let bench: AdminBench
        let token: String
        let path: String
        private let directory: TemporaryDirectory
        private var runs = 0

        init(_ bench: AdminBench, _ role: Role = .admin) async throws {
            self.bench = bench
            directory = try TemporaryDirectory()
            path = directory.path
            token = try await bench.token(role)
            let text = """
                { redis: { url: "unix://\(bench.store.server.socketPath)" }, dataDirectory: "\(path)/data",
                  sources: { stripe: { provider: "stripe", secrets: ["x"], tenant: "acme" },
                             square: { provider: "square", secrets: ["x"], notificationURL: "https://x.example/", tenant: "other" } },
                  destinations: { log: { type: "console" }, crm: { type: "console", filter: { tenants: ["acme"] } } } }
                """
            try HostFile.replace("\(path)/gateway.json5", Array(text.utf8))
        }

        var url: String { "http://127.0.0.1:\(bench.port)" }

        /// Over the admin port.
        func remote(_ words: String...) async throws -> CommandBench.Answer {
            try await run(words, ["WEBHOOK_GATEWAY_URL": url, "WEBHOOK_GATEWAY_TOKEN": token])
        }

        /// Over the store.
        func local(_ words: String...) async throws -> CommandBench.Answer { try await run(words, [:]) }

        func run(_ words: [String], _ environment: [String: String]) async throws -> CommandBench.Answer {
            try await Self.finish(try start(words, environment))
        }

        /// - Parameter environment: nil: the gateway's address and token.
        func start(_ words: [String], _ environment: [String: String]? = nil) throws -> sending Program {
            runs += 1
            return try Self.launch(
                words, environment ?? ["WEBHOOK_GATEWAY_URL": url, "WEBHOOK_GATEWAY_TOKEN": token], path,
                "\(path)/run-\(runs)")
        }

        private nonisolated static func launch(
            _ words: [String], _ environment: [String: String], _ path: String, _ logs: String
        ) throws -> sending Program {
            try Program(GatewayHome.executable, words, in: path, environment: environment, logs: logs)
        }

        /// Off the control plane, which must answer.
        @concurrent
        nonisolated static func finish(_ program: sending Program) async throws -> CommandBench.Answer {
            let result = try program.finish()
            return CommandBench.Answer(code: result.code, output: result.output, errors: result.errors)
        }
    }

    /// Archives events of both tenants, a second apart, oldest first.
    static func archive(_ count: Int, in bench: AdminBench, at start: Int64 = 1_795_250_460_000) async throws {
        let keys = bench.store.keys
        var commands: [[RedisArgument]] = []
        for number in 0..<count {
            let (id, source) = (StoreFixture.id(number), number.isMultiple(of: 2) ? "stripe" : "square")
            let json =
                #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/\#(source)","type":"payment.succeeded","#
                + #""tenant":"\#(source == "stripe" ? "acme" : "other")","providerid":"evt_\#(number)","#
                + #""receivedat":"2026-11-21T08:41:00.000Z","data":{"n":\#(number)}}"#
            commands.append(["SET", .text(keys.event(id)), .text("{}\n\(json)\nraw body \(number)")])
            commands.append(
                ["ZADD", .text(keys.index(source)), .integer(start + Int64(number) * 1000), .text(id)])
            commands.append(["SET", .text("\(keys.dedupePrefix(source))evt_\(number)"), .text(id), "EX", 600])
        }
        _ = try await bench.store.connection.pipeline(commands)
    }

    @Test func `what is shown is the same over the admin port and over the store`() async throws {
        try await AdminBench.run { bench in
            let desk = try await Desk(bench)
            try await Self.archive(5, in: bench)
            _ = try await bench.store.connection.command(["RPUSH", .text(bench.store.keys.dead("events")), "junk"])
            for words in [
                ["events", "list"], ["events", "list", "--json", "--limit", "2"],
                ["events", "list", "--type", "payment.*", "--tenant", "acme", "--json"],
                ["events", "show", StoreFixture.id(1)], ["events", "show", "evt_3", "--json"],
                ["events", "show", "evt_2", "--source", "stripe", "--raw"],
                ["queues", "list"], ["queues", "list", "--json"], ["queues", "peek", "events"],
                ["destinations", "list"], ["destinations", "list", "--json"],
                ["dead", "list"], ["dead", "list", "--json"], ["dead", "groups"], ["replays", "list", "--json"],
                ["audit", "--json"], ["events", "show", "nothing"], ["queues", "pause", "evnts"],
                ["events", "list", "--source", "strip"],
            ] {
                let (remote, local) = (
                    try await desk.run(words, ["WEBHOOK_GATEWAY_URL": desk.url, "WEBHOOK_GATEWAY_TOKEN": desk.token]),
                    try await desk.run(words, [:])
                )
                #expect(remote.output == local.output && remote.code == local.code, "\(words) \(remote) \(local)")
                #expect(!(remote.output + remote.errors).contains(desk.token))
            }
            #expect(
                try await desk.remote("events", "show", "evt_2", "--source", "stripe", "--raw").output == "raw body 2")
        }
    }

    @Test func `changes reach the store by either way, and the audit log says who made them from where`() async throws {
        try await AdminBench.run { bench in
            let desk = try await Desk(bench)
            #expect(try await desk.remote("queues", "pause", "events").output == "events: paused; 0 entries waiting\n")
            #expect(try await desk.local("queues", "resume", "events").output == "events: resumed; 0 entries waiting\n")
            #expect(try await desk.remote("destinations", "disable", "crm").code == 0)
            #expect(try await desk.local("destinations", "enable", "crm").output == "crm: enabled\n")
            let made = try await desk.remote("token", "create", "--role", "viewer", "--name", "ci", "--json").object()
            let listed = try await desk.local("token", "list", "--json").lines()
            #expect(listed.contains { $0["id"] == made["id"] && $0["name"] == "ci" && $0["token"] == nil })
            let id = try #require(made["id"])
            #expect(try await desk.local("token", "revoke", id).output == "\(id) (ci) is not accepted any more\n")
            #expect(try await desk.remote("token", "revoke", id).code == 1)
            let log = try await bench.ask("GET", "/api/v1/audit", token: desk.token).json
            let entries = log.children(of: log.member("items")).map { entry in
                ["action", "from", "who"].map { log.string(of: log.member(named: $0, of: entry)) ?? "" }
            }
            #expect(
                entries.map { $0[0] } == [
                    "tokens.revoke", "tokens.create", "destinations.enable", "destinations.disable", "queues.resume",
                    "queues.pause",
                ])
            for entry in entries {
                let isLocal = ["tokens.revoke", "destinations.enable", "queues.resume"].contains(entry[0])
                #expect(entry[1] == (isLocal ? "command line" : "127.0.0.1"), "\(entry)")
                #expect(isLocal ? entry[2].hasPrefix("cli:") && entry[2].contains("@") : entry[2] == "token:admin")
            }
        }
    }

    @Test func `a replay of many is planned, sent and told; ids go at once`() async throws {
        try await AdminBench.run { bench in
            let desk = try await Desk(bench)
            try await Self.archive(6, in: bench)
            let plan = try await desk.remote("events", "replay", "--source", "stripe", "--dry-run")
            #expect(plan.code == 0 && plan.output.contains("events        3"), "\(plan)")
            #expect(plan.output.contains("of crm, log") && plan.output.contains("nothing was sent"))
            let counted = try await desk.local("events", "replay", "--all", "--to", "log", "--dry-run", "--json")
                .object()
            #expect(counted["events"] == "6" && counted["total"] == "6" && counted["destinations.0"] == "log")
            #expect(try await desk.remote("replays", "list", "--json").output.isEmpty)

            let sent = try await desk.local(
                "events", "replay", "--source", "stripe", "--to", "log", "--rate", "1000", "--json")
            let job = try sent.object()
            #expect(sent.code == 0 && job["state"] == "done" && job["done"] == "3", "\(sent)")
            #expect(job["who"]?.hasPrefix("cli:") == true)
            #expect(try await bench.store.list(bench.store.keys.lane("log")).count == 3)
            let id = try #require(job["id"])
            #expect(try await desk.remote("replays", "show", id).output.contains("progress      3 of 3 sent"))
            #expect(try await desk.remote("replays", "cancel", id).code == 1)

            let one = try await desk.remote("events", "replay", "evt_1", StoreFixture.id(3), "--to", "log")
            #expect(one.code == 0 && one.output.contains("goes to log again"), "\(one)")
            let unknown = try await desk.remote("events", "replay", "--all", "--to", "lgo")
            #expect(unknown.code == 1 && unknown.errors.contains("did you mean log?"))
        }
    }

    @Test func `Ctrl-C cancels a replay, and says how far it came`() async throws {
        try await AdminBench.run { bench in
            let desk = try await Desk(bench)
            try await Self.archive(6, in: bench)
            let program = try desk.start(["events", "replay", "--all", "--to", "log", "--rate", "1"])
            try await eventually("the first event is sent") {
                try await bench.store.list(bench.store.keys.lane("log")).count > 0
            }
            program.signal(SIGINT)
            let answer = try await Desk.finish(program)
            #expect(answer.code == 1 && answer.output.contains("is cancelled:"), "\(answer)")
            #expect(try await bench.store.list(bench.store.keys.lane("log")).count < 6)
        }
    }

    @Test func `tail follows the stream of a gateway and the store alike`() async throws {
        try await AdminBench.run { bench in
            let desk = try await Desk(bench)
            let programs = [
                try desk.start(["events", "tail", "--source", "stripe", "--json"]),
                try desk.start(["events", "tail", "--source", "stripe", "--json"], [:]),
            ]
            defer { programs.forEach { $0.signal(SIGKILL) } }
            // Nobody says when they have begun to look, so events come until both have seen one.
            try await eventually("both have seen an event") {
                try await Self.archive(2, in: bench, at: Clock.unixMilliseconds())
                return programs.allSatisfy { $0.output.contains(StoreFixture.id(0)) }
            }
            #expect(programs.allSatisfy { !$0.output.contains(StoreFixture.id(1)) }, "that is another source's")
        }
    }

    @Test func `what goes wrong is said with what to do, and exits as the contract has it`() async throws {
        try await AdminBench.run { bench in
            let desk = try await Desk(bench, .viewer)
            let forbidden = try await desk.remote("queues", "pause", "events")
            #expect(forbidden.code == 1 && forbidden.errors.contains("403") && forbidden.errors.contains("operator"))
            func run(_ environment: [String: String], _ words: String...) async throws -> CommandBench.Answer {
                try await desk.run(["events", "list"] + words, environment)
            }
            let wrong = try await run(["WEBHOOK_GATEWAY_URL": desk.url, "WEBHOOK_GATEWAY_TOKEN": "wgt_wrong"])
            #expect(wrong.code == 1 && wrong.errors.contains("401") && wrong.errors.contains("token create"))
            #expect(!wrong.errors.contains("wgt_wrong"))
            let nobody = try await run(["WEBHOOK_GATEWAY_URL": "http://127.0.0.1:1", "WEBHOOK_GATEWAY_TOKEN": "x"])
            #expect(nobody.code == 1 && nobody.errors.contains("admin.port"))
            let missing = try await run(["WEBHOOK_GATEWAY_URL": desk.url])
            #expect(missing.code == 2 && missing.errors.contains("--token-file"))
            let both = try await run([:], "--url", desk.url, "--config", "gateway.json5")
            #expect(both.code == 2 && both.errors.contains("exclude each other"))
            _ = try HostFile.create("\(desk.path)/token", Array("\(desk.token)\n".utf8))
            let file = try await run([:], "--url", desk.url, "--token-file", "token")
            #expect(file.code == 0, "\(file)")
            let stranger = try FakeHTTPServer { _ in [.answer(200, body: "hello")] }
            let other = try await run([
                "WEBHOOK_GATEWAY_URL": "http://127.0.0.1:\(stranger.port)", "WEBHOOK_GATEWAY_TOKEN": "x",
            ])
            #expect(other.code == 1 && other.errors.contains("no admin API"), "\(other)")
            let orphan = try await desk.remote("destinations", "discard", "old")
            #expect(orphan.code == 2 && orphan.errors.contains("--config"))
        }
    }
}

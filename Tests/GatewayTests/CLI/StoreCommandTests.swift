import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

/// `destinations`, `doctor`, and what all commands that need the store have in common.
@ControlPlane
struct StoreCommandTests {
    @Test func `destinations are listed with what their lanes owe, orphans too`() async throws {
        try await CommandBench.run { bench in
            try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"))
            try await bench.dispatch(to: ["crm", "former"])
            try await bench.settle("crm", .dead)
            let lines = try await bench.run("destinations", "list", "--json").lines()
            #expect(lines.map { $0["destination"] } == ["crm", "former", "log"])
            #expect(lines.map { $0["orphan"] } == ["false", "true", "false"])
            #expect(lines.map { $0["waiting"] } == ["0", "2", "0"] && lines[0]["dead"] == "2")
            #expect(lines[0]["type"] == "console" && lines[1]["enabled"] == "false")
            #expect(try await bench.run("destinations", "list").output.contains("orphan"))
            #expect(try await bench.run("doctor").output.contains("2 events are owed to former"))
        }
    }

    @Test func `destination types are the registry's cards, without a store`() async throws {
        try await CommandBench.run { bench in
            let lines = try await bench.run("destinations", "types", "--json").lines()
            #expect(lines.compactMap { $0["type"] } == DestinationCatalog.types)
            for line in lines {
                for name in ["name", "description", "requiredCredentials", "defaultSettings"] {
                    #expect(line[name] != nil, "\(name)")
                }
            }
            let named = try await bench.run("destinations", "types", "--config", "no-such-file.json5", "--json").lines()
            #expect(named.count == lines.count)
            let text = try await bench.run("destinations", "types").output
            for type in DestinationCatalog.types { #expect(text.contains("\(type)  ")) }
        }
    }

    @Test func `the doctor says what a Redis without an append-only file can lose, and what drops keys is wrong`()
        async throws
    {
        try await CommandBench.run { bench in
            let well = try await bench.run("doctor", "--json")
            #expect(well.code == 0, "\(well.output)\(well.errors)")
            func finding(_ name: String, in answer: CommandBench.Answer) throws -> JSONDocument? {
                try answer.lines().first { $0["check"] == name }
            }
            #expect(try finding("persistence", in: well)?["verdict"] == "warning")
            #expect(try finding("persistence", in: well)?["sentence"]?.contains("no append-only file") == true)
            #expect(try finding("clock", in: well)?["verdict"] == "ok")
            _ = try await bench.store.connection.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
            let ill = try await bench.run("doctor", "--json")
            #expect(ill.code == 1)
            #expect(try finding("eviction", in: ill)?["verdict"] == "problem")
            _ = try await bench.store.connection.pipeline([
                ["CONFIG", "SET", "maxmemory-policy", "noeviction"], ["CONFIG", "SET", "appendonly", "yes"],
                ["CONFIG", "SET", "appendfsync", "everysec"],
            ])
            let once = try await bench.run("doctor", "--json")
            #expect(try finding("persistence", in: once)?["sentence"]?.contains("last second") == true)
        }
    }

    @Test func `a port that somebody else holds is a problem`() async throws {
        try await CommandBench.run { bench in
            let socket = try Socket.listen(on: .ip(try #require(IPAddress("127.0.0.1")), port: 0), sharesPort: false)
            guard case .ip(_, let port)? = try Socket.localAddress(socket.raw) else {
                Issue.record("the socket has no address")
                return
            }
            try bench.configure(CommandBench.members)
            let text = String(decoding: try HostFile.read("\(bench.path)/gateway.json5"), as: UTF8.self)
            try HostFile.replace(
                "\(bench.path)/gateway.json5",
                Array(text.replacing("admin: { port: 0 }", with: "admin: { port: \(port) }").utf8))
            let answer = try await bench.run("doctor")
            #expect(answer.code == 1 && answer.output.contains("another process listens there"))
        }
    }

    @Test(arguments: [
        ["queues", "list"], ["queues", "pause", "inbox"], ["events", "list"], ["events", "show", "x"],
        ["dead", "list"], ["dead", "retry", "--all"], ["audit"], ["destinations", "list"], ["doctor"],
    ])
    func `without a Redis a command says what to do and exits 1`(words: [String]) async throws {
        let directory = try TemporaryDirectory()
        let configuration = try directory.file(
            "gateway.json5",
            #"{ redis: { url: "unix:///nowhere/redis.sock", connectDeadlineMilliseconds: 100 }, dataDirectory: "./data" }"#
        )
        let program = try Program(
            GatewayHome.executable, words + ["--config", configuration], in: directory.path, environment: [:],
            logs: "\(directory.path)/run")
        let result = try program.finish()
        #expect(result.code == 1)
        #expect((result.errors + result.output).contains("check redis.url"))
    }

    @Test func `the private Redis is asked for where no redis.url stands`() throws {
        let directory = try TemporaryDirectory()
        let program = try Program(
            GatewayHome.executable, ["queues", "list"], in: directory.path, environment: [:],
            logs: "\(directory.path)/run")
        let result = try program.finish()
        #expect(result.code == 1)
        #expect(result.errors.contains("webhook-gateway serve"))
    }
}

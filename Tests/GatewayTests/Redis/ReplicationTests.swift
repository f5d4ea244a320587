import Glibc
import Testing

@testable import WebhookGateway

/// Replicas, sentinels and failovers, with real processes.
@ControlPlane
struct ReplicationTests {
    @Test func `with waitReplicas an event counts as stored when a replica has it`() async throws {
        let port = try RedisServer.freePort()
        let change = { (settings: inout RedisSettings) in
            settings.waitReplicas = 1
            settings.waitLimit = .milliseconds(100)
            settings.commandDeadline = .seconds(20)
        }
        try await SpoolBench.run(
            .init(serverArguments: ["--port", "\(port)", "--repl-diskless-sync-delay", "0"], change: change)
        ) {
            bench in
            let alone = NewEvent.sample(1)
            #expect(await bench.accept([alone]).isSpooled)
            #expect(try bench.stored() == [alone.id.description])
            #expect(await bench.accept([.sample(2)]).isSpooled)
            #expect(bench.status.figures.events == 2)
            #expect(bench.logLines("NOREPLICAS") >= 1)

            let replica = try RedisServer(extraArguments: ["--replicaof", "127.0.0.1", "\(port)"])
            defer { replica.stop() }
            try await bench.isDrained()
            let event = NewEvent.sample(3)
            #expect(await bench.accept([event]).isNew)
            let ids = try RedisProbe(replica.socketPath).list(bench.keys.queue("events"))
            #expect(ids.contains { $0.contains(event.id.description) })
            #expect(try bench.stored().count == 3)
        }
    }

    @Test func `a script that is sent again under waitReplicas is waited for, too`() async throws {
        let port = try RedisServer.freePort()
        let change = { (settings: inout RedisSettings) in
            settings.waitReplicas = 1
            settings.waitLimit = .seconds(2)
            settings.commandDeadline = .seconds(20)
        }
        try await SpoolBench.run(
            .init(serverArguments: ["--port", "\(port)", "--repl-diskless-sync-delay", "0"], change: change)
        ) {
            bench in
            let replica = try RedisServer(extraArguments: ["--replicaof", "127.0.0.1", "\(port)"])
            defer { replica.stop() }
            try await eventually("the replica") {
                try bench.probe().command("INFO", "replication").string?.contains("state=online") == true
            }
            try bench.probe().command("SCRIPT", "FLUSH")
            #expect(await bench.accept([.sample(1)]).isNew)
        }
    }

    @Test func `a replica is not taken for the store, until it is the master`() async throws {
        let server = try RedisServer(extraArguments: ["--replicaof", "127.0.0.1", "1"])
        defer { server.stop() }
        let connection = RedisConnection(server.settings, scripts: [.accept], loop: ControlPlane.loop)
        defer { connection.stop() }
        var reasons: [String] = []
        connection.stateChanged = { isReady, reason in reasons.append(isReady ? "ready" : reason) }
        connection.start()
        try await eventually("the refusal") { reasons.contains { $0.contains("it is a slave, not the master") } }
        #expect(!connection.isReady)
        try RedisProbe(server.socketPath).command("REPLICAOF", "NO", "ONE")
        try await eventually("the promotion is noticed") { connection.isReady }
    }

    @Test func `sentinels are asked for the master, and a failover is followed`() async throws {
        let (first, second, third) = (
            try RedisServer.freePort(), try RedisServer.freePort(), try RedisServer.freePort()
        )
        let replica = try RedisServer(extraArguments: ["--port", "\(second)", "--replicaof", "127.0.0.1", "\(first)"])
        defer { replica.stop() }
        let folder = try TemporaryFolder()
        let settings = RedisSettings(
            place: .sentinel(
                [HostAndPort(host: "127.0.0.1", port: 1), HostAndPort(host: "127.0.0.1", port: Int(third))],
                master: "events"))
        var fast = settings
        fast.commandDeadline = .milliseconds(1000)
        fast.connectDeadline = .milliseconds(1000)
        let master = try RedisServer(extraArguments: ["--port", "\(first)", "--repl-diskless-sync-delay", "0"])
        defer { master.stop() }
        let sentinel = try startSentinel(in: folder.path, port: third, master: first)
        // `timeout` hands it on; killed, it would leave the sentinel behind.
        defer { sentinel.signal(SIGTERM) }
        try await SpoolBench.run(.init(settings: fast)) { bench in
            let before = NewEvent.sample(1)
            #expect(await bench.accept([before]).isNew)
            #expect(try RedisProbe(master.socketPath).length(bench.keys.queue("events")) == 1)
            try await eventually("the replica has it, and the sentinel knows the replica") {
                try RedisProbe(replica.socketPath).length(bench.keys.queue("events")) == 1
                    && sentinel.output.contains("+slave slave 127.0.0.1:\(second)")
            }
            master.kill()
            try await bench.becomesAway()
            let during = NewEvent.sample(2)
            #expect(await bench.accept([during]).isSpooled)
            try await bench.isDrained()
            #expect(await bench.accept([.sample(3)]).isNew)
            let ids = try RedisProbe(replica.socketPath).list(bench.keys.queue("events")).map {
                try Event(json: Array($0.utf8)).id
            }
            #expect(ids.count == 3)
            #expect(Set(ids).isSuperset(of: [before.id.description, during.id.description]))
        }
    }

    /// A sentinel of its own that ends by itself, should this process not live to end it.
    private func startSentinel(in directory: String, port: UInt16, master: UInt16) throws -> Program {
        let text = """
            port \(port)
            dir \(directory)
            sentinel monitor events 127.0.0.1 \(master) 1
            sentinel down-after-milliseconds events 500
            sentinel failover-timeout events 2000
            """
        try HostFile.replace("\(directory)/sentinel.conf", Array(text.utf8))
        return try Program(
            "timeout", ["180", "redis-server", "\(directory)/sentinel.conf", "--sentinel"], in: directory,
            environment: ["PATH": "/usr/bin:/bin"], logs: "\(directory)/sentinel")
    }
}

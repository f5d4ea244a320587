import Testing

@testable import WebhookGateway

@ControlPlane
struct TransactionTests {
    @Test func `what leaves as one transaction is executed in one step, and everybody gets their own reply`()
        async throws
    {
        try await run { connection, _ in
            let before = try await calls(of: "exec", connection)
            let replies = await transact(
                connection, [["SET", "a", "1"], ["INCR", "a"], ["LPUSH", "a", "x"], ["GET", "a"], ["GET", "none"]])
            #expect(replies[0] == .success(.okay))
            #expect(replies[1] == .success(.integer(2)))
            #expect(replies[2].errorText?.hasPrefix("WRONGTYPE") == true)
            #expect(replies[3] == .success(.bytes(Array("2".utf8))))
            #expect(replies[4] == .success(.null))
            #expect(try await calls(of: "exec", connection) == before + 1)
            // Nothing of it is left on the connection.
            #expect(try await connection.command(["PING"]) == .status("PONG"))
        }
    }

    @Test func `a command that the server does not take says why nothing was executed`() async throws {
        try await run { connection, probe in
            let replies = await transact(connection, [["SET", "a", "1"], ["INCR"], ["SET", "b", "1"]])
            for reply in replies { #expect(reply.errorText?.hasPrefix("ERR wrong number of arguments") == true) }
            let kept = try probe.command("EXISTS", "a", "b")
            #expect(kept == .integer(0))
        }
    }

    @Test func `a server that has become a replica meanwhile is told by its own word`() async throws {
        try await run { connection, probe in
            try probe.command("REPLICAOF", "127.0.0.1", "1")
            let replies = await transact(connection, [["GET", "a"], ["SET", "a", "1"]])
            for reply in replies { #expect(reply.errorText?.hasPrefix("READONLY") == true) }
        }
    }

    @Test func `a login without the right to transactions has its commands executed as they are`() async throws {
        try await run { connection, probe in
            try probe.command("ACL", "SETUSER", "default", "-multi")
            for _ in 0..<2 {
                let replies = await transact(connection, [["SET", "a", "1"], ["GET", "a"]])
                #expect(replies == [.success(.okay), .success(.bytes(Array("1".utf8)))])
            }
            #expect(try await calls(of: "exec", connection) <= 1)
        }
    }

    private func run(_ body: @ControlPlane (RedisConnection, RedisProbe) async throws -> Void) async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let connection = RedisConnection(server.settings, scripts: [], loop: ControlPlane.loop)
        defer { connection.stop() }
        try #require(await connection.becomesReady(within: .seconds(5)))
        connection.syncsEachWrite = true
        try await body(connection, RedisProbe(server.socketPath))
    }

    private func transact(
        _ connection: RedisConnection, _ commands: [[RedisArgument]]
    ) async -> [Result<RedisReply, RedisFailure>] {
        await withCheckedContinuation { continuation in
            var replies: [Result<RedisReply, RedisFailure>] = []
            connection.transact {
                for command in commands { connection.send(command) { replies.append($0) } }
                connection.send(["ECHO", "last"]) { _ in continuation.resume(returning: replies) }
            }
        }
    }

    /// How often the server has run a command.
    private func calls(of command: String, _ connection: RedisConnection) async throws -> Int {
        let statistics = try await connection.command(["INFO", "commandstats"]).string ?? ""
        let line = statistics.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) } ?? 0
    }
}

extension Result where Success == RedisReply, Failure == RedisFailure {
    fileprivate var errorText: String? {
        if case .success(.error(let text)) = self { text } else { nil }
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct ScriptTests {
    private let script = RedisScript(name: "sum", source: "return ARGV[1] + ARGV[2] + #KEYS")

    @Test(arguments: [true, false])
    func `a script runs where it was loaded, where it was not, and where Redis has lost it`(isLoaded: Bool) async throws
    {
        let server = try RedisServer()
        defer { server.stop() }
        let connection = RedisConnection(server.settings, scripts: isLoaded ? [script] : [], loop: ControlPlane.loop)
        defer { connection.stop() }
        try #require(await connection.becomesReady(within: .seconds(5)))
        for _ in 0..<2 {
            #expect(try await connection.evaluate(script, keys: ["key"], arguments: [2, 3]).integer == 6)
            _ = try await connection.command(["SCRIPT", "FLUSH"])
        }
    }
}

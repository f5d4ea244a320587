import Testing

@testable import WebhookGateway

struct StoreDurabilityTests {
    @Test(
        arguments: [
            ("yes", "always", nil), ("yes", "everysec", "about the last second"), ("no", "always", "last snapshot"),
            (nil, nil, "does not tell"),
        ] as [(String?, String?, String?)]
    )
    func `what a crash may lose is said with its remedy`(appendOnly: String?, appendFsync: String?, expected: String?) {
        let weakness = StoreDurability(appendOnly: appendOnly, appendFsync: appendFsync).weakness
        #expect(weakness == nil ? expected == nil : weakness?.contains(expected ?? "-") == true)
    }

    @Test @ControlPlane func `a real server's answer is understood, and an evicting one refused`() async throws {
        let server = try RedisServer(isDurable: true)
        defer { server.stop() }
        let probe = try RedisProbe(server.socketPath)
        #expect(StoreDurability(try probe.command("CONFIG", "GET", "append*")).weakness == nil)
        try await StoreCheck(RedisConfiguration(), log: Log(level: .error)).run(server.settings)
        try probe.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        await #expect(throws: StoreCheck.Unfit.self) {
            try await StoreCheck(RedisConfiguration(), log: Log(level: .error)).run(server.settings)
        }
        var configuration = RedisConfiguration()
        configuration.allowEviction = true
        try await StoreCheck(configuration, log: Log(level: .error)).run(server.settings)
    }
}

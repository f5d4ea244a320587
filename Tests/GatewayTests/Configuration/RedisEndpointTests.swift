import Testing

@testable import WebhookGateway

struct RedisEndpointTests {
    @Test func `all four forms are understood`() throws {
        let tcp = try RedisEndpoint(parsing: "redis://user:p%40ss@db.example.com:6380/3")
        #expect(tcp.transport == .tcp(HostAndPort(host: "db.example.com", port: 6380)))
        #expect(tcp.username == "user")
        #expect(tcp.password?.text == "p@ss")
        #expect(tcp.database == 3)
        let tls = try RedisEndpoint(parsing: "rediss://:pw@[::1]")
        #expect(tls.transport == .tls(HostAndPort(host: "::1", port: 6379)))
        #expect(tls.username == nil)
        let unix = try RedisEndpoint(parsing: "unix:///run/redis%20x.sock?db=2")
        #expect(unix.transport == .unix(path: "/run/redis x.sock"))
        #expect(unix.database == 2)
        let sentinel = try RedisEndpoint(parsing: "redis+sentinel://a:1,b/main")
        #expect(
            sentinel.transport
                == .sentinel([HostAndPort(host: "a", port: 1), HostAndPort(host: "b", port: 26379)], master: "main"))
    }

    @Test(arguments: [
        "localhost:6379", "http://h", "redis://", "redis://h:0", "redis://h:99999", "redis://h/x", "redis://h:1:2",
        "unix://relative", "unix:///", "unix:///a?database=1", "redis+sentinel://a:1", "redis+sentinel://a,/m",
        "redis://[::1", "redis://[nope]:1",
    ])
    func `other forms are refused`(_ text: String) {
        #expect(throws: RedisEndpoint.Malformed.self) { try RedisEndpoint(parsing: text) }
    }
}

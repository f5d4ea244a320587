import Glibc
import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

/// The executable is killed while it spools under load.
struct SpoolCrashTests {
    @Test func `every event acknowledged before kill -9 is in Redis afterwards, once, under the id that was told`()
        throws
    {
        let server = try RedisServer(isDurable: true)
        defer { server.stop() }
        let home = try GatewayHome(#"redis: { url: "unix://\#(server.socketPath)" }, "# + GatewayHome.sources)
        defer { home.close() }
        var acknowledged: [String] = []
        for life in 0..<3 {
            let gateway = GatewayProcess(try home.launch(["serve"]))
            try waitUntil("the start of the gateway") { gateway.program.errors.contains("\"gateway started\"") }
            if life == 0 { server.kill() }
            let senders = try (0..<3).map { try Sender(port: gateway.port, prefix: "\(life)-\($0)") }
            try waitUntil("a few hundred acknowledgements") { senders.reduce(0) { $0 + $1.acknowledged.count } > 300 }
            gateway.program.signal(SIGKILL)
            _ = try gateway.program.finish()
            try waitUntil("the senders' end") { senders.allSatisfy(\.isDone) }
            acknowledged += senders.flatMap(\.acknowledged)
        }
        try server.start()
        let gateway = try home.start()
        let probe = try RedisProbe(server.socketPath)
        try waitUntil("an empty spool") {
            let isEmpty = try gateway.metric("webhook_spool_bytes") == 0
            return try isEmpty && probe.length(Keys().queue("inbox")) >= acknowledged.count
        }
        let events = try probe.list(Keys().queue("inbox")).map { try Event(json: Array($0.utf8)) }
        let ids = events.map(\.id)
        #expect(Set(ids).count == ids.count)
        let keys = events.compactMap { $0.document.string(of: $0.document.member("providerid")) }
        #expect(Set(keys).count == events.count)
        #expect(acknowledged.count > 900)
        #expect(Set(acknowledged).subtracting(ids).isEmpty)
        #expect(try gateway.stop().code == 0)
    }
}

/// Posts one delivery after the other, each of its own, until the gateway is gone.
private final class Sender: Sendable {
    private struct State {
        var acknowledged: [String] = []
        var isDone = false
    }

    private let state = Mutex(State())

    init(port: UInt16, prefix: String) throws {
        try WorkerThread.start(named: "sender") { [self] in
            do {
                let probe = try HTTPProbe(port: port)
                for number in 0... {
                    let answer = try Self.post("\(prefix)-\(number)", over: probe)
                    guard answer.code == 200, let id = try JSONDocument(parsing: answer.body)["id"] else { continue }
                    state.withLock { $0.acknowledged.append(id) }
                }
            } catch {
                // The gateway was killed.
            }
            state.withLock { $0.isDone = true }
        }
    }

    /// The ids of 200 answers.
    var acknowledged: [String] { state.withLock(\.acknowledged) }
    var isDone: Bool { state.withLock(\.isDone) }

    private static func post(_ name: String, over probe: HTTPProbe) throws -> ClientResponse {
        let body =
            "type=subscribe&fired_at=2026-11-18+08%3A09%3A10&data[id]=\(name)&data[email]=\(name)%40example.org"
            + "&data[list_id]=a6b5da1054&data[merges][EMAIL]=\(name)%40example.org"
        try probe.write(
            ("POST /webhooks/mailchimp?secret=fixture-url-secret HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n\r\n" + body).utf8)
        return try probe.read()
    }
}

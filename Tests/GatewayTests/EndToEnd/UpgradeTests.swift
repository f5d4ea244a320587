import Glibc
import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// One gateway takes over from another.
    struct UpgradeTests {
        @Test func `two upgrades under load refuse no connection and lose no delivery`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let first = try home.start()
            // Sixteen that keep their connections, eight that make one for each delivery.
            let load = try Load(port: first.port, keeping: 16, anew: 8)
            try waitUntil("deliveries under way") { load.accepted > 200 }
            let second = try home.start(["--takeover"])
            #expect(second.port == first.port)
            #expect(second.adminPort == first.adminPort)
            let before = load.accepted
            try waitUntil("deliveries to the second gateway") { load.accepted > before + 200 }
            let third = try home.start(["--takeover"])
            let ended = [try first.program.finish(), try second.program.finish()]
            let between = load.accepted
            try waitUntil("deliveries to the third gateway") { load.accepted > between + 200 }
            try load.stop()

            #expect(load.failures == [])
            for result in ended {
                #expect(result.code == 0)
                #expect(!result.errors.contains("\"level\":\"error\""))
                #expect(result.errors.contains("handed over"))
            }
            #expect(Set(try home.events().map { try JSONDocument(parsing: $0.utf8)["id"] }).count == load.accepted)
            #expect(try third.metric("webhook_unaccounted_events") == 0)
            #expect(try home.redisProcess() != nil)
            #expect(try third.stop().code == 0)
            #expect(try home.redisProcess() == nil)
            #expect(access("\(home.path)/data/control.sock", F_OK) != 0)
        }

        @Test func `a new gateway that cannot start leaves the old one as it was`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            // A port that is taken: it fails when it has the sockets already.
            let taken = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
            guard case .ip(_, let port) = try #require(try Socket.localAddress(taken.raw)) else { return }
            let text = try String(decoding: HostFile.read("\(home.path)/gateway.json5"), as: UTF8.self)
            try HostFile.replace(
                "\(home.path)/broken.json5",
                Array(text.replacing("admin: { port: 0 }", with: "admin: { port: \(port) }").utf8))
            let failed = try home.run("serve", "--takeover", "--config", "broken.json5")
            #expect(failed.code == 1)
            #expect(failed.errors.contains("cannot listen on 127.0.0.1:\(port)"))
            try waitUntil("the old one's word") {
                gateway.logLine("the process that was taking over has gone; this one goes on") != nil
            }
            for _ in 0..<20 { #expect(try gateway.post(request).code == 200) }
            #expect(try home.redisProcess() != nil)
            // And it can still be replaced.
            let next = try home.start(["--takeover"])
            #expect(try gateway.program.finish().code == 0)
            #expect(try next.post(request).code == 200)
        }

        @Test func `another number of workers is taken up on the way`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            try home.configure(GatewayHome.sources, workers: 3)
            let first = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            for workers in [1, 4] {
                try home.configure(GatewayHome.sources, workers: workers)
                let next = try home.start(["--takeover"])
                #expect(next.port == first.port)
                // Each of the sockets is served, whatever the number of workers.
                for _ in 0..<30 { #expect(try next.post(request).code == 200) }
            }
            #expect(try first.program.finish().code == 0)
        }

        @Test(arguments: [(isPublic: true, isAdmin: false), (false, true), (true, true)])
        func `a port that has changed is opened anew, the other socket and all deliveries are handed over`(
            isPublic: Bool, isAdmin: Bool
        ) throws {
            let home = try GatewayHome()
            defer { home.close() }
            let first = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            var under: HTTPProbe? = try HTTPProbe(port: first.port)
            try under?.write(request.dropLast(20))
            let (port, adminPort) = try (Self.freePort(), Self.freePort())
            try home.configure(
                GatewayHome.sources, port: isPublic ? port : 0, adminPort: isAdmin ? adminPort : 0)
            let next = try home.start(["--takeover"])
            #expect(next.port == (isPublic ? port : first.port))
            #expect(next.adminPort == (isAdmin ? adminPort : first.adminPort))
            // What had begun with the old one, on the port that is given up as well.
            try under?.write(request.suffix(20))
            #expect(try under?.read().code == 200)
            under = nil
            #expect(try first.program.finish().code == 0)
            #expect(try next.post(request).text.contains("\"duplicate\":true"))
            #expect(try next.metric("webhook_unaccounted_events") == 0)
            if isPublic { #expect(throws: SystemError.self) { try HTTPProbe(port: first.port) } }
            if isAdmin { #expect(throws: SystemError.self) { try HTTPProbe(port: first.adminPort) } }
            #expect(try home.redisProcess() != nil)
        }

        /// A port that nobody listens on.
        private static func freePort() throws -> UInt16 {
            let socket = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
            guard case .ip(_, let port) = try #require(try Socket.localAddress(socket.raw)) else { return 0 }
            return port
        }

        @Test func `without a running gateway it starts like any other`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start(["--takeover"])
            #expect(try gateway.post(try home.fixture("stripe/payment_intent.succeeded")).code == 200)
            gateway.program.signal(SIGKILL)
            _ = try gateway.program.finish()
            // The socket of one that was killed leads nowhere.
            let again = try home.start(["--takeover"])
            #expect(try again.stop().code == 0)
        }
    }
}

/// Clients that deliver without a pause; each delivery has an id of its own.
private final class Load: Sendable {
    private struct State {
        var accepted = 0
        var failures: [String] = []
        var running = 0
    }

    private let state = Mutex(State())
    private let isStopping = Atomic<Bool>(false)
    private let port: UInt16

    var accepted: Int { state.withLock { $0.accepted } }
    /// What went wrong, in any way: a connection refused or reset, an answer other than 200.
    var failures: [String] { state.withLock { $0.failures } }

    init(port: UInt16, keeping: Int, anew: Int) throws {
        self.port = port
        state.withLock { $0.running = keeping + anew }
        for client in 0..<keeping + anew {
            try WorkerThread.start(named: "client") { self.run(client, keeps: client < keeping) }
        }
    }

    func stop() throws {
        isStopping.store(true, ordering: .relaxed)
        try waitUntil("the end of the clients") { state.withLock { $0.running } == 0 }
    }

    private func run(_ client: Int, keeps: Bool) {
        var probe: HTTPProbe?
        var number = 0
        while !isStopping.load(ordering: .relaxed) {
            number += 1
            do {
                let connection = try probe ?? HTTPProbe(port: port)
                try connection.write(try Self.delivery("evt_\(client)_\(number)"))
                let answer = try connection.read()
                probe = keeps && answer.keepAlive ? connection : nil
                state.withLock { state in
                    if answer.code == 200 { state.accepted += 1 } else { state.failures.append(answer.text) }
                }
            } catch {
                probe = nil
                state.withLock { $0.failures.append("\(error)") }
            }
            // Two cores carry the clients, the gateways and Redis.
            usleep(2000)
        }
        state.withLock { $0.running -= 1 }
    }

    private static func delivery(_ id: String) throws -> [UInt8] {
        let body = #"{"id":"\#(id)","object":"event","type":"ping","created":1795000000,"data":{"object":{}}}"#
        var sample = Sample(target: "/webhooks/stripe", body: Array(body.utf8), now: Clock.unixMilliseconds() / 1000)
        let secret = Array((GatewayHome.secrets["STRIPE_SECRET"] ?? "").utf8)
        try Stripe(ProviderSettings(secrets: [secret])).sign(&sample)
        return CapturedRequest(
            method: "POST", target: sample.target, headers: sample.headers, body: sample.body, arrival: sample.now
        ).wire(host: HostAndPort(host: "127.0.0.1", port: 80))
    }
}

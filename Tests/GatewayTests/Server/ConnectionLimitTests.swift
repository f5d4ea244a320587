import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

struct ConnectionLimitTests {
    @Test func `at the limit the connection that is idle longest is closed`() throws {
        var limits = ServerLimits()
        limits.maxConnections = 3
        let server = try ListenerFixture(limits)
        var clients: [RawClient] = []
        for index in 0..<3 {
            let client = try RawClient(server.port)
            client.send(get("/echo?\(index)"))
            #expect(client.responses(1).count == 1)
            clients.append(client)
        }
        // The first has been used since: now the second is idle longest.
        clients[0].send(get("/echo"))
        #expect(clients[0].responses(1).count == 1)
        let fourth = try RawClient(server.port)
        fourth.send(get("/echo?4"))
        #expect(fourth.responses(1).first?.hasSuffix(" 4") == true)
        #expect(clients[1].endsInTime())
        for index in [0, 2] {
            clients[index].send(get("/echo?still"))
            #expect(clients[index].responses(1).first?.hasSuffix("still") == true)
        }
        #expect(try server.ask { $0.figures.closed[ListenerFigures.Reason.connectionLimit.rawValue] } == 1)
    }

    @Test func `slow clients make room, those at work do not, and callers wait meanwhile`() throws {
        var limits = ServerLimits()
        limits.maxConnections = 2
        limits.patience = .milliseconds(150)
        let server = try ListenerFixture(limits)
        let working = try RawClient(server.port)
        working.send(get("/hold?w"))
        let slow = try RawClient(server.port)
        slow.send("GET /ec")
        try server.handles(1)
        #expect(try server.eventually { $0.connectionCount == 2 && $0.heldBytes == 7 })
        let third = try RawClient(server.port)
        third.send(get("/echo?3"))
        #expect(third.responses(1).first?.hasSuffix(" 3") == true)
        #expect(slow.endsInTime())
        third.send(get("/hold?3"))
        // Both at work: the fourth waits in the kernel's queue until one has its answer.
        try server.handles(3)
        let fourth = try RawClient(server.port)
        fourth.send(get("/echo?4"))
        #expect(try server.eventually { $0.figures.pauses > 0 })
        #expect(try server.handled() == 3)
        try server.release()
        #expect(working.responses(1).first?.hasSuffix(" w") == true)
        #expect(fourth.responses(1).first?.hasSuffix(" 4") == true)
    }

    @Test func `an address has as many connections as it may, and another is not touched by that`() throws {
        let quota = try #require(AddressQuota(limit: 2, exempt: []))
        let server = try ListenerFixture(addresses: quota)
        let first = try RawClient(server.port)
        let second = try RawClient(server.port)
        for client in [first, second] {
            client.send(get("/echo"))
            #expect(client.responses(1).count == 1)
        }
        #expect(try RawClient(server.port).endsInTime())
        let other = try RawClient(server.port, from: 0x7F00_0002)
        other.send(get("/echo"))
        #expect(other.responses(1).first?.contains("127.0.0.2") == true)
        first.close()
        #expect(try server.eventually { $0.connectionCount == 2 })
        let third = try RawClient(server.port)
        third.send(get("/echo"))
        #expect(third.responses(1).count == 1)
        second.close()
        third.close()
        other.close()
        #expect(try server.eventually { $0.connectionCount == 0 })
        #expect(quota.addressCount == 0)
    }

    @Test func `an IPv6 customer is counted by its network, and a proxy is not`() throws {
        let proxies = [try #require(CIDRBlock("10.0.0.0/8"))]
        let quota = try #require(AddressQuota(limit: 1, exempt: proxies))
        #expect(quota.enter(try #require(IPAddress("2001:db8:0:1::1"))))
        #expect(!quota.enter(try #require(IPAddress("2001:db8:0:1:ffff::2"))))
        #expect(quota.enter(try #require(IPAddress("2001:db8:0:2::1"))))
        for _ in 0..<5 { #expect(quota.enter(try #require(IPAddress("10.1.2.3")))) }
        #expect(AddressQuota(limit: 0, exempt: []) == nil)
    }

    @Test func `past the memory that all share, the slowest request is given up and the others go on`() throws {
        var limits = ServerLimits()
        limits.maxHeldBytes = 300_000
        let server = try ListenerFixture(limits)
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
        let part = [UInt8](repeating: 0x61, count: 150_000)
        let slow = try RawClient(server.port)
        slow.send(head)
        slow.send(part)
        #expect(try server.eventually { $0.heldBytes >= 150_000 })
        let quick = try RawClient(server.port)
        quick.send(head)
        quick.send(part)
        let refusal = try #require(slow.readToEnd())
        #expect(refusal.hasPrefix("HTTP/1.1 503"))
        #expect(refusal.contains("Retry-After:"))
        quick.send([UInt8](repeating: 0x61, count: 50_000))
        #expect(quick.responses(1).first?.hasSuffix(" 200000 ") == true)
        #expect(try server.eventually { $0.heldBytes == 0 })
    }

    @Test func `without descriptors accepting pauses and goes on`() async {
        await #expect(processExitsWith: .success) {
            let server = try ListenerFixture()
            var clients: [RawClient] = []
            for _ in 0..<20 {
                let client = try RawClient(server.port)
                client.send(get("/echo"))
                precondition(client.responses(1).count == 1)
                clients.append(client)
            }
            // Room for the clients' own ends, none for the listener's.
            let waiting = (0..<3).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let highest = (0..<1024).filter { fcntl($0, F_GETFD) >= 0 }.max() ?? 0
            limit.rlim_cur = rlim_t(highest + 1)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let fillers = (0..<64).map { _ in dup(0) }.filter { $0 >= 0 }
            for descriptor in waiting {
                let target = SocketAddress.ip(IPAddress(v4: 0x7F00_0001), port: server.port)
                let connected = try target.withSystemAddress { connect(descriptor, $0, $1) }
                precondition(connected == 0)
                let text = get("/echo?late")
                precondition(text.withCString { send(descriptor, $0, strlen($0), 0) } > 0)
            }
            // The idle ones made room: the callers in the queue are served.
            for descriptor in waiting {
                var chunk = [UInt8](repeating: 0, count: 4096)
                precondition(recv(descriptor, &chunk, chunk.count, 0) > 0)
            }
            _ = fillers
            exit(0)
        }
    }
}

import Glibc
import Testing

@testable import WebhookGateway

struct TimeoutTests {
    private func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        limits.lingerTimeout = .milliseconds(200)
        change(&limits)
        return limits
    }

    private func count(_ server: ListenerFixture, _ reason: ListenerFigures.Reason) throws -> UInt64 {
        try server.ask { $0.figures.closed[reason.rawValue] }
    }

    @Test func `a head that does not end is answered 408`() throws {
        let server = try ListenerFixture(limits { $0.headerTimeout = .milliseconds(150) })
        let client = try RawClient(server.port)
        client.send("GET /echo HTTP/1.1\r\nHost: a\r\n")
        let text = try #require(client.readToEnd())
        #expect(text.hasPrefix("HTTP/1.1 408"))
        #expect(text.contains("Connection: close"))
        #expect(try server.eventually { $0.connectionCount == 0 && $0.heldBytes == 0 })
        #expect(try count(server, .timeout) >= 1)
    }

    @Test func `a head that drips is answered 408 all the same`() throws {
        let server = try ListenerFixture(limits { $0.headerTimeout = .milliseconds(200) })
        let client = try RawClient(server.port)
        for byte in "GET /echo HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8 {
            guard client.send([byte]) else { break }
            usleep(10_000)
        }
        #expect(client.responses(1).first?.hasPrefix("HTTP/1.1 408") == true)
        #expect(try server.handled() == 0)
    }

    @Test func `a body that stops is answered 408`() throws {
        let server = try ListenerFixture(limits { $0.bodyTimeout = .milliseconds(150) })
        let client = try RawClient(server.port)
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
        #expect(client.readToEnd()?.hasPrefix("HTTP/1.1 408") == true)
    }

    @Test func `a body slower than the least rate is answered 408, a faster one is not`() throws {
        let server = try ListenerFixture(
            limits {
                $0.bodyTimeout = .milliseconds(300)
                $0.minBodyBytesPerSecond = 10_000
            })
        let slow = try RawClient(server.port)
        let fast = try RawClient(server.port)
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n"
        slow.send(head)
        fast.send(head)
        for _ in 0..<40 {
            slow.send([0x61])
            fast.send([UInt8](repeating: 0x61, count: 1000))
            usleep(20_000)
        }
        #expect(slow.responses(1).first?.hasPrefix("HTTP/1.1 408") == true)
        #expect(fast.responses(1).first?.hasSuffix(" 40000 ") == true)
    }

    @Test func `a refused body that never comes ends the connection without a second answer`() throws {
        let server = try ListenerFixture(limits { $0.bodyTimeout = .milliseconds(150) })
        let client = try RawClient(server.port)
        client.send("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
        let text = try #require(client.readToEnd())
        #expect(text.hasPrefix("HTTP/1.1 404"))
        #expect(!text.contains("408"))
    }

    @Test func `an idle connection ends without a word, however many empty lines it sends`() throws {
        let server = try ListenerFixture(limits { $0.idleTimeout = .milliseconds(300) })
        let quiet = try RawClient(server.port)
        let busy = try RawClient(server.port)
        busy.send(get("/echo"))
        #expect(busy.responses(1).count == 1)
        let dripping = try RawClient(server.port)
        for _ in 0..<30 {
            guard dripping.send("\r\n") else { break }
            usleep(20_000)
        }
        #expect(quiet.readToEnd() == "")
        #expect(busy.endsInTime())
        #expect(dripping.endsInTime())
        #expect(try server.eventually { $0.connectionCount == 0 })
    }

    @Test func `a request that is being answered is not timed out`() throws {
        let server = try ListenerFixture(
            limits {
                $0.idleTimeout = .milliseconds(50)
                $0.headerTimeout = .milliseconds(50)
                $0.bodyTimeout = .milliseconds(50)
            })
        let client = try RawClient(server.port)
        client.send(get("/hold?x"))
        try server.handles(1)
        // Others, one after the other, that began later are timed out meanwhile.
        for _ in 0..<3 { #expect(try RawClient(server.port).readToEnd() == "") }
        try server.release()
        #expect(client.responses(1).first?.hasSuffix(" x") == true)
    }

    @Test func `who does not close after the last answer is closed`() throws {
        let server = try ListenerFixture(limits { $0.lingerTimeout = .milliseconds(100) })
        let client = try RawClient(server.port)
        client.send(get("/echo", "Connection: close"))
        #expect(client.readToEnd()?.hasPrefix("HTTP/1.1 200") == true)
        #expect(try server.eventually { $0.connectionCount == 0 })
    }

    @Test func `draining answers what is under way, says so, and ends`() throws {
        let server = try ListenerFixture()
        let idle = try RawClient(server.port)
        let busy = try RawClient(server.port)
        busy.send(get("/hold?x"))
        #expect(try server.eventually { $0.connectionCount == 2 })
        try server.handles(1)
        try server.ask { $0.finish {} }
        #expect(idle.readToEnd() == "")
        try server.release()
        let text = try #require(busy.readToEnd())
        #expect(text.contains("Connection: close"))
        #expect(text.hasSuffix(" x"))
        busy.close()
        idle.close()
        #expect(try server.eventually { $0.connectionCount == 0 })
        #expect(throws: SystemError.self) { try RawClient(server.port) }
    }
}

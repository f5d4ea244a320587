import Glibc
import Testing

@testable import WebhookGateway

struct ConnectionTests {
    private let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

    @Test func `a request is answered and the connection lives`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        for _ in 0..<3 {
            client.send(post)
            let answers = client.responses(1)
            #expect(answers.count == 1)
            #expect(answers.first?.hasSuffix("127.0.0.1 5 ") == true)
        }
    }

    @Test func `pipelined requests are answered in order, also when the first takes longer`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        client.send((0..<100).map { get("\($0 % 3 == 0 ? "/later" : "/echo")?\($0)") }.joined())
        let answers = client.responses(100)
        #expect(answers.map { $0.split(separator: " ").last.map(String.init) } == (0..<100).map { "\($0)" })
    }

    @Test func `a request that arrives byte by byte is the same request`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        var one: Int32 = 1
        setsockopt(client.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        for byte in post.utf8 { client.send([byte]) }
        #expect(client.responses(1).first?.hasSuffix("127.0.0.1 5 ") == true)
        #expect(try server.handled() == 1)
    }

    @Test func `who half-closes still gets the answer, then the end`() throws {
        let server = try ListenerFixture()
        for path in ["/echo", "/later"] {
            let client = try RawClient(server.port)
            client.send(get(path))
            client.endWriting()
            let text = try #require(client.readToEnd())
            #expect(text.hasPrefix("HTTP/1.1 200"))
        }
        #expect(try server.eventually { $0.connectionCount == 0 })
    }

    @Test func `who half-closes in the middle of a request gets the end and no answer`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        client.send(String(post.dropLast(2)))
        client.endWriting()
        #expect(client.readToEnd() == "")
        #expect(try server.eventually { $0.connectionCount == 0 && $0.heldBytes == 0 })
        #expect(try server.handled() == 0)
    }

    @Test(arguments: [0, 1, 10, 40, 60, 65])
    func `a reset at any point leaves nothing behind`(sent: Int) throws {
        let server = try ListenerFixture()
        let text = "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        let client = try RawClient(server.port)
        client.send(String(text.prefix(sent)))
        #expect(try server.eventually { $0.connectionCount == 1 })
        client.reset()
        #expect(try server.eventually { $0.connectionCount == 0 && $0.heldBytes == 0 })
        // The answer that comes too late reaches nobody, and another connection's request is not taken for it.
        let other = try RawClient(server.port)
        other.send(get("/hold?2"))
        #expect(try server.eventually { $0.connectionCount == 1 })
        try server.handles(sent >= text.utf8.count ? 2 : 1)
        try server.release()
        #expect(other.responses(1).first?.hasSuffix("127.0.0.1 0 2") == true)
    }

    @Test func `a descriptor is free as soon as its client is gone, not when its answer comes`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        let port = try #require(try Self.port(of: Socket.localAddress(client.descriptor)))
        client.send(get("/hold"))
        try server.handles(1)
        #expect(Self.hasDescriptor(toPeerPort: port))
        client.reset()
        #expect(try server.eventually { $0.connectionCount == 0 })
        #expect(!Self.hasDescriptor(toPeerPort: port))
        try server.release()
    }

    private static func port(of address: SocketAddress?) -> UInt16? {
        if case .ip(_, let port) = address { port } else { nil }
    }

    private static func hasDescriptor(toPeerPort port: UInt16) -> Bool {
        (0..<4096).contains { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getpeername(Int32(descriptor), $0, &length)
                }
            }
            return result == 0 && address.sin_family == sa_family_t(AF_INET)
                && UInt16(bigEndian: address.sin_port) == port
        }
    }

    @Test func `what is no request is answered with its reason, and nothing after it is read`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        client.send("GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + get("/echo"))
        let text = try #require(client.readToEnd())
        #expect(text.hasPrefix("HTTP/1.1 400"))
        #expect(text.contains("Connection: close"))
        #expect(RawClient.split(Array(text.utf8)).count == 1)
        #expect(try server.handled() == 0)
        #expect(try server.rejections() == [400])
    }

    @Test func `who goes on sending after an error still reads the answer`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
        // Much more than a socket buffers: without lingering the answer would be lost to a reset.
        for _ in 0..<100 { guard client.send([UInt8](repeating: 0x61, count: 65_536)) else { break } }
        client.endWriting()
        let text = try #require(client.readToEnd())
        #expect(text.hasPrefix("HTTP/1.1 413"))
        #expect(try server.rejections() == [413])
    }

    @Test func `a refused request with a small body keeps the connection`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        client.send("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + post)
        let answers = client.responses(2)
        #expect(answers.map { $0.prefix(12) } == ["HTTP/1.1 404", "HTTP/1.1 200"])
    }

    @Test func `an answer larger than the socket's buffer arrives whole`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port, receiveBuffer: 4096)
        client.send(get("/large/5000000", "Connection: close"))
        let text = try #require(client.readToEnd())
        #expect(text.utf8.count > 5_000_000)
        #expect(text.hasSuffix("xxxx"))
    }

    @Test func `an idle connection holds no buffer`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port)
        client.send(post)
        #expect(client.responses(1).count == 1)
        #expect(try server.ask { $0.heldBytes } == 0)
        client.send("GET /ec")
        #expect(try server.eventually { $0.heldBytes == 7 })
        client.send("ho HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.responses(1).count == 1)
        #expect(try server.ask { $0.heldBytes } == 0)
    }

    @Test func `who sends and never reads costs bounded memory, and is closed`() throws {
        var limits = ServerLimits()
        limits.writeTimeout = .milliseconds(300)
        let server = try ListenerFixture(limits)
        let client = try RawClient(server.port, receiveBuffer: 4096)
        let burst = Array(String(repeating: get("/large/2000"), count: 200).utf8)
        var taken = 0
        // Until the kernel's buffers are full on both sides, the gateway reads no more, and its patience ends.
        try waitUntil("the end of the connection") {
            while taken < 50_000_000 {
                let count = client.sendWithoutWaiting(burst)
                guard count >= 0 else { break }
                taken += count
            }
            return try taken >= 50_000_000 || server.ask { $0.connectionCount == 0 }
        }
        #expect(try server.eventually { $0.connectionCount == 0 && $0.heldBytes == 0 })
        #expect(try server.ask { $0.figures.closed[ListenerFigures.Reason.timeout.rawValue] } == 1)
        // What was answered is what the kernel buffered, not what was sent.
        #expect(try server.handled() * 2000 < 20_000_000)
    }

    @Test func `pipelined requests of a slow reader are all answered in the end`() throws {
        let server = try ListenerFixture()
        let client = try RawClient(server.port, receiveBuffer: 4096)
        client.send((0..<300).map { get($0 % 2 == 0 ? "/large/30000" : "/echo?\($0)") }.joined())
        try waitUntil("answers that the client does not take") { try server.ask { $0.heldBytes > 0 } }
        #expect(try server.handled() < 300)
        let answers = client.responses(300)
        #expect(answers.count == 300)
        #expect(answers.last?.hasSuffix(" 299") == true)
    }
}

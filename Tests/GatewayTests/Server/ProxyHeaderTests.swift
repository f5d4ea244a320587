import Testing
import Verifiers

@testable import WebhookGateway

/// haproxy.org/download/2.9/doc/proxy-protocol.txt §2.1 and §2.2.
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    private static func binary(_ command: UInt8, _ family: UInt8, _ payload: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    }

    static let good: [(header: [UInt8], client: String?)] = [
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".utf8), "192.0.2.1"),
        (Array("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n".utf8), "255.255.255.255"),
        (Array("PROXY TCP6 2001:db8::1 ::1 0 1\r\n".utf8), "2001:db8::1"),
        (Array("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 1\r\n".utf8), "192.0.2.1"),
        (Array("PROXY UNKNOWN\r\n".utf8), nil),
        (Array("PROXY UNKNOWN ffff:f...f:ffff whatever 1 2\r\n".utf8), nil),
        (binary(0x21, 0x11, [192, 0, 2, 7, 10, 0, 0, 1, 1, 2, 3, 4]), "192.0.2.7"),
        (binary(0x21, 0x11, [192, 0, 2, 7, 10, 0, 0, 1, 1, 2, 3, 4, 3, 0, 1, 9]), "192.0.2.7"),
        (
            binary(
                0x21, 0x21,
                [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9] + [UInt8](repeating: 1, count: 20)),
            "2001:db8::9"
        ),
        (binary(0x20, 0x11, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), nil),
        (binary(0x20, 0, []), nil),
        (binary(0x21, 0, [1, 2, 3]), nil),
    ]

    static let bad: [(header: [UInt8], error: ProxyHeaderError)] = [
        (Array("GET / HTTP/1.1\r\n".utf8), .notAProxyHeader),
        (Array("PROXYTCP4".utf8), .notAProxyHeader),
        (Array("proxy TCP4".utf8), .notAProxyHeader),
        ([0x16, 3, 1], .notAProxyHeader),
        (Array("\r\n\r\nGET".utf8), .notAProxyHeader),
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n".utf8), .malformed),
        (Array("PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n".utf8), .malformed),
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n".utf8), .malformed),
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n".utf8), .malformed),
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 65536\r\n".utf8), .malformed),
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 056 443\r\n".utf8), .malformed),
        (Array("PROXY TCP4 192.0.2.01 198.51.100.1 56 443\r\n".utf8), .malformed),
        (Array("PROXY TCP4 2001:db8::1 ::1 1 2\r\n".utf8), .malformed),
        (Array("PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n".utf8), .malformed),
        (Array("PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n".utf8), .malformed),
        (Array("PROXY TCP4 192.0.2.1\r198.51.100.1 1 2\r\n".utf8), .malformed),
        (Array("PROXY \r\n".utf8), .malformed),
        (Array("PROXY UNKNOWN".utf8) + [UInt8](repeating: 0x20, count: 200), .tooLong),
        (binary(0x11, 0x11, [UInt8](repeating: 0, count: 12)), .malformed),
        (binary(0x22, 0x11, [UInt8](repeating: 0, count: 12)), .malformed),
        (binary(0x21, 0x11, [UInt8](repeating: 0, count: 11)), .malformed),
        (binary(0x21, 0x21, [UInt8](repeating: 0, count: 35)), .malformed),
        (binary(0x21, 0x12, [UInt8](repeating: 0, count: 12)), .unsupported),
        (binary(0x21, 0x31, [UInt8](repeating: 0, count: 216)), .unsupported),
        (signature + [0x21, 0x11, 0xFF, 0xFF], .tooLong),
    ]

    @Test(arguments: ProxyHeaderTests.good.indices)
    func `a header names the client at every split, and takes no byte that follows`(index: Int) throws {
        let (header, client) = Self.good[index]
        for split in 0...header.count {
            var parser = ProxyHeaderParser()
            let front = header[..<split]
            let taken = try parser.parse(front.span)
            #expect(taken == split)
            #expect(parser.isFinished == (split == header.count))
            let rest = header[split...] + Array("GET / HTTP/1.1".utf8)
            let takenThen = try parser.parse(rest.span)
            #expect(takenThen == header.count - split)
            #expect(parser.isFinished)
            #expect(parser.client?.description == client)
        }
    }

    @Test(arguments: ProxyHeaderTests.bad.indices)
    func `what is no header is refused, whole or byte by byte`(index: Int) {
        let (header, error) = Self.bad[index]
        #expect(throws: error) {
            var parser = ProxyHeaderParser()
            _ = try parser.parse(header.span)
        }
        #expect(throws: error) {
            var parser = ProxyHeaderParser()
            for byte in header {
                let bytes = [byte]
                _ = try parser.parse(bytes.span)
            }
        }
    }

    @Test func `a listener believes the header, once, and insists on it`() throws {
        let quota = try #require(AddressQuota(limit: 1, exempt: []))
        let server = try ListenerFixture(proxyProtocol: true, addresses: quota)
        for (header, address) in Self.good.map({ ($0.header, $0.client ?? "127.0.0.1") }) {
            let client = try RawClient(server.port)
            for byte in header { client.send([byte]) }
            client.send(get("/echo"))
            #expect(client.responses(1).first?.hasSuffix("\(address) 0 ") == true)
            client.send(get("/echo?2"))
            #expect(client.responses(1).first?.hasSuffix("\(address) 0 2") == true)
            // A second header is no request.
            client.send("PROXY TCP4 192.0.2.9 198.51.100.1 56324 443\r\n\r\n")
            #expect(client.responses(1).first?.hasPrefix("HTTP/1.1 400") == true)
            client.reset()
            #expect(try server.eventually { $0.connectionCount == 0 })
        }
        let plain = try RawClient(server.port)
        plain.send(get("/echo"))
        #expect(plain.endsInTime())
        #expect(try server.ask { $0.figures.closed[ListenerFigures.Reason.proxyHeader.rawValue] } == 1)
        #expect(quota.addressCount == 0)
    }

    @Test func `a header in pieces does not keep the loop busy, and one that does not end is given up`() throws {
        var limits = ServerLimits()
        limits.headerTimeout = .milliseconds(200)
        let server = try ListenerFixture(limits, proxyProtocol: true)
        let client = try RawClient(server.port)
        client.send("PROXY TCP4 192.")
        #expect(client.readToEnd() == "")
        #expect(try server.eventually { $0.connectionCount == 0 })
    }
}

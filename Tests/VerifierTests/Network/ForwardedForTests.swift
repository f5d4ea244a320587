import Testing
import Verifiers

@Suite struct ForwardedForTests {
    private let trusted = ["10.0.0.0/8", "2001:db8::/32"].compactMap { CIDRBlock($0) }

    private func client(
        _ peer: String, _ headers: [(name: String, value: String)], field: ForwardedFor.Field = .either
    ) throws -> String {
        ForwardedFor.client(
            peer: try #require(IPAddress(peer)), headers: HeaderFields(headers), trusted: trusted,
            field: field
        ).description
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
        ("1.1.1.1,203.0.113.7 ,10.0.0.2 , 10.0.0.3", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2a00::1]:443", "2a00::1"), ("[2a00::1]", "2a00::1"), ("2a00::1", "2a00::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("10.0.0.9, 10.0.0.8", "10.0.0.9"), ("203.0.113.7, unknown", "10.0.0.1"),
        ("unknown, 10.0.0.2", "10.0.0.2"),
        ("203.0.113.7, 10.0.0.2, _hidden, 10.0.0.3", "10.0.0.3"), ("", "10.0.0.1"), (",,", "10.0.0.1"),
        ("203.0.113.7:", "10.0.0.1"), ("203.0.113.7:x", "10.0.0.1"), ("[203.0.113.7]", "10.0.0.1"),
        ("[2a00::1", "10.0.0.1"),
        ("203.0.113.7\0", "10.0.0.1"), ("2a00::1%eth0", "10.0.0.1"),
    ])
    func `the list is read from the right through trusted proxies`(list: String, expected: String)
        throws
    {
        #expect(try client("10.0.0.1", [("X-Forwarded-For", list)]) == expected)
    }

    @Test func `several fields are one list`() throws {
        let headers = [("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7, 10.0.0.2")]
        #expect(try client("10.0.0.1", headers) == "203.0.113.7")
    }

    @Test(arguments: [
        ("for=203.0.113.7", "203.0.113.7"),
        ("For=\"203.0.113.7:80\";proto=https;by=10.0.0.1", "203.0.113.7"),
        ("for=1.1.1.1, proto=http;for=\"[2a00::1]:80\", for=10.0.0.2", "2a00::1"),
        ("for=unknown", "10.0.0.1"),
        ("for=\"_x, for=1.1.1.1\"", "10.0.0.1"), ("proto=https", "10.0.0.1"), ("for", "10.0.0.1"),
        ("for=\"", "10.0.0.1"),
    ])
    func `RFC 7239 is read as well`(value: String, expected: String) throws {
        #expect(try client("10.0.0.1", [("Forwarded", value)]) == expected)
    }

    @Test func `a peer that is not trusted is the client, whatever it claims`() throws {
        #expect(try client("198.51.100.1", [("X-Forwarded-For", "203.0.113.7")]) == "198.51.100.1")
        #expect(try client("2001:db8::5", [("X-Forwarded-For", "203.0.113.7")]) == "203.0.113.7")
    }

    @Test func `two fields that disagree are not believed unless one is chosen`() throws {
        let headers = [("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.8")]
        #expect(try client("10.0.0.1", headers) == "10.0.0.1")
        #expect(try client("10.0.0.1", headers, field: .xForwardedFor) == "203.0.113.7")
        #expect(try client("10.0.0.1", headers, field: .forwarded) == "203.0.113.8")
        #expect(
            try client("10.0.0.1", [headers[0], ("Forwarded", "for=203.0.113.7")]) == "203.0.113.7")
    }

    @Test func `a list of a hundred thousand entries is cut off`() throws {
        let list = "203.0.113.7" + String(repeating: ",10.0.0.2", count: 100_000)
        #expect(try client("10.0.0.1", [("X-Forwarded-For", list)]) == "10.0.0.2")
    }
}

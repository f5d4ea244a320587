import Testing
import Verifiers

@Suite struct CIDRBlockTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.77/24", "192.0.2.0/24", "192.0.2.0", "192.0.1.255"),
        ("192.0.2.1", "192.0.2.1/32", "192.0.2.1", "192.0.2.0"),
        ("0.0.0.0/0", "0.0.0.0/0", "255.1.2.3", "::1"),
        ("128.0.0.0/1", "128.0.0.0/1", "128.0.0.0", "127.255.255.255"),
        ("::/0", "::/0", "2001:db8::1", "1.2.3.4"),
        ("2001:db8::/32", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("2001:db8::1", "2001:db8::1/128", "2001:db8::1", "2001:db8::"),
        ("2001:db8:0:1::/64", "2001:db8:0:1::/64", "2001:db8:0:1:ffff::", "2001:db8:0:2::"),
        (
            "2001:db8::8000:0:0:0/65", "2001:db8:0:0:8000::/65", "2001:db8::ffff:0:0:0",
            "2001:db8::7fff:0:0:0"
        ),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
        ("::ffff:10.0.0.1", "10.0.0.1/32", "::ffff:10.0.0.1", "10.0.0.2"),
    ])
    func `a network holds exactly its addresses`(
        text: String, canonical: String, inside: String, outside: String
    ) throws {
        let block = try #require(CIDRBlock(text))
        #expect(block.description == canonical)
        #expect(block.contains(try #require(IPAddress(inside))))
        #expect(!block.contains(try #require(IPAddress(outside))))
    }

    @Test(arguments: [
        "", "/", "/8", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/+8", "1.2.3.4/08", "1.2.3.4/8 ",
        "1.2.3.4/8/8",
        "1.2.3.4/255.0.0.0", "::/129", "::/1000", "::ffff:1.2.3.4/95", "::ffff:1.2.3.4/129", "1.2.3/24",
        "example.com", "10/8",
    ])
    func `what is no network is refused`(text: String) {
        #expect(CIDRBlock(text) == nil)
    }
}

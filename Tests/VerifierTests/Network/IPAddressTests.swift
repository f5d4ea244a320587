import Testing
import Verifiers

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8::0:1", "2001:db8::1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("fe80::00ff", "fe80::ff"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
        ("0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::192.0.2.1", "::c000:201"),
        ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ])
    func `an address is read and written canonically`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(bytes: address.bytes[...]) == address)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1.2.3.", ".1.2.3",
        "1..2.3", "1.2.3.4 ",
        " 1.2.3.4", "+1.2.3.4", "0x7f.0.0.1", "127.1", "2130706433", "1.2.3.4:80", "1.2.3.a", ":",
        ":::", "1:", ":1", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::",
        "g::", "::1.2.3",
        "::1.2.3.4:1", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", "fe80::1%eth0", "::1/128", "::-1",
        "1:::2", "::1\0", "١.٢.٣.٤",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [0, 3, 5, 15, 17])
    func `bytes of another length are refused`(count: Int) {
        #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)[...]) == nil)
    }

    @Test func `mapped bytes become IPv4`() throws {
        let bytes = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127, 0, 0, 1]
        let address = try #require(IPAddress(bytes: bytes[...]))
        #expect(address.family == .v4)
        #expect(address.isLoopback)
        #expect(address.bytes == [127, 0, 0, 1])
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "198.17.255.255", "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1", "2001:4860::8888", "64:ff9b::8.8.8.8", "2002:0808:0808::1",
        "::ffff:8.8.8.8",
    ])
    func `public addresses are routable`(text: String) throws {
        #expect(try #require(IPAddress(text)).isGloballyRoutable)
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.19.255.255",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::",
        "::1", "::2", "fe80::1",
        "febf::1", "fec0::1", "fc00::1", "fdff::1", "ff02::1", "2001:db8::1", "3fff::1", "2001::1",
        "100::1", "5f00::1",
        "4000::1", "64:ff9b:1::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::1",
    ])
    func `no special address and no form of one is routable`(text: String) throws {
        #expect(try !#require(IPAddress(text)).isGloballyRoutable)
    }

    @Test func `each property means its own networks`() throws {
        func properties(_ text: String) throws -> [Bool] {
            let address = try #require(IPAddress(text))
            return [
                address.isLoopback, address.isUnspecified, address.isPrivate, address.isLinkLocal,
                address.isUniqueLocal,
                address.isCarrierGradeNAT, address.isDocumentation, address.isMulticast, address.isReserved,
            ]
        }
        let samples = [
            ["127.1.2.3", "::1"], ["0.0.0.0", "::"], ["10.1.1.1", "192.168.0.1"],
            ["169.254.0.1", "fe80::1"],
            ["fd00::1"], ["100.64.0.1"], ["203.0.113.9", "2001:db8::1"], ["224.0.0.1", "ff02::1"],
            ["240.0.0.1", "100::1"],
        ]
        for (index, addresses) in samples.enumerated() {
            for address in addresses {
                #expect(try properties(address)[index], "\(address)")
                // 0.0.0.0 is also part of the reserved 0.0.0.0/8.
                #expect(
                    try properties(address).count { $0 } == (address == "0.0.0.0" ? 2 : 1), "\(address)")
            }
        }
    }
}

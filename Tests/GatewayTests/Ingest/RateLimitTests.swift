import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

struct RateLimitTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `a bucket gives what it holds at once, then what flows in`() {
        let rate = SourceRate(requests: 10, perSeconds: 5)
        let start = 1000 * Self.second
        for _ in 0..<10 { #expect(rate.take(now: start) == nil) }
        #expect(rate.take(now: start) == 1)
        #expect(rate.take(now: start + Self.second / 2) == nil)
        #expect(rate.take(now: start + Self.second / 2) == 1)
        // After the whole span it is full again, and no fuller.
        let later = start + 100 * Self.second
        for _ in 0..<10 { #expect(rate.take(now: later) == nil) }
        #expect(rate.take(now: later) == 1)
        #expect(SourceRate(requests: 1, perSeconds: 60).take(now: 1) == nil)
    }

    @Test func `workers that take at the same time get no more than there is`() async {
        let rate = SourceRate(requests: 1000, perSeconds: 3600)
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<1000).count { _ in rate.take(now: Self.second) == nil } }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 1000)
    }

    @Test func `an address that fails too often waits, and others do not`() throws {
        let proxies = try #require(CIDRBlock("10.0.0.0/8"))
        let limiter = try #require(FailureLimiter(perMinute: 120, exempt: [proxies]))
        let now = Clock.monotonicNanoseconds()
        let (bad, good) = (IPAddress(v4: 0xC000_0201), IPAddress(v4: 0xC000_0202))
        for _ in 0..<120 {
            #expect(limiter.wait(bad, now: now) == nil)
            limiter.fail(bad, now: now)
        }
        #expect(limiter.wait(bad, now: now) == 1)
        #expect(limiter.wait(good, now: now) == nil)
        // Two a minute's second: one after half a second.
        #expect(limiter.wait(bad, now: now + Self.second / 2) == nil)
        for _ in 0..<500 { limiter.fail(bad, now: now) }
        #expect(limiter.wait(bad, now: now + Self.second) == nil)
        let proxy = IPAddress(v4: 0x0A00_0001)
        for _ in 0..<500 { limiter.fail(proxy, now: now) }
        #expect(limiter.wait(proxy, now: now) == nil)
        #expect(FailureLimiter(perMinute: 0, exempt: []) == nil)
    }

    @Test func `an IPv6 network counts as one`() throws {
        let limiter = try #require(FailureLimiter(perMinute: 3, exempt: []))
        let now = Clock.monotonicNanoseconds()
        for index in 1...3 { limiter.fail(try #require(IPAddress("2001:db8::\(index)")), now: now) }
        #expect(limiter.wait(try #require(IPAddress("2001:db8::ffff")), now: now) == 20)
        #expect(limiter.wait(try #require(IPAddress("2001:db8:0:1::1")), now: now) == nil)
    }

    @Test func `more addresses than the table holds take no more memory and cost the worst nothing of their wait`()
        throws
    {
        let limiter = try #require(FailureLimiter(perMinute: 100, exempt: []))
        let now = Clock.monotonicNanoseconds()
        let worst = IPAddress(v4: 1)
        for _ in 0..<100 { limiter.fail(worst, now: now) }
        for bits in 2...UInt32(60_000) { limiter.fail(IPAddress(v4: bits), now: now) }
        #expect(limiter.wait(worst, now: now) == 1)
    }

    @Test func `an address is written as it is described`() {
        for bits: UInt32 in [0, 0x0102_0304, 0xC0A8_0A64, 0xFFFF_FFFF, 0x6464_0A00] {
            var bytes: [UInt8] = []
            IPAddress(v4: bits).append(to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == IPAddress(v4: bits).description)
        }
    }
}

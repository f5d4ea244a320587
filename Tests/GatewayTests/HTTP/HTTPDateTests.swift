import Testing

@testable import WebhookGateway

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `dates are written and read`(seconds: Int64, text: String) {
        var output: [UInt8] = []
        HTTPDate.append(seconds, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == text)
        #expect(HTTPDate.parse(output.span) == seconds)
    }

    @Test func `every day of four centuries comes back`() {
        var output: [UInt8] = []
        for day in stride(from: -10_957, to: 135_140, by: 7) {
            output.removeAll(keepingCapacity: true)
            HTTPDate.append(Int64(day) * 86400 + 43_199, to: &output)
            guard HTTPDate.parse(output.span) == Int64(day) * 86400 + 43_199 else {
                Issue.record("day \(day): \(String(decoding: output, as: UTF8.self))")
                return
            }
        }
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, -6 Nov 1994 08:49:37 GMT",
    ])
    func `what is no date in the preferred format is refused`(text: String) {
        let bytes = latin1(text)
        #expect(HTTPDate.parse(bytes.span) == nil)
    }

    @Test(
        arguments: [
            ("120", 120), ("0", 0), ("Sun, 06 Nov 1994 08:49:47 GMT", 10), ("Sun, 06 Nov 1994 08:49:30 GMT", 0),
            ("", nil),
            ("-1", nil), ("1.5", nil), ("99999999999", nil), ("soon", nil),
        ] as [(String, Int64?)])
    func `Retry-After is a number or a date`(text: String, delay: Int64?) {
        let bytes = latin1(text)
        #expect(HTTPDate.delay(retryAfter: bytes.span, now: 784_111_777) == delay)
    }

    @Test func `a cached date changes with the second`() {
        var date = CachedDate()
        date.update(to: 0)
        #expect(date.bytes == latin1("Thu, 01 Jan 1970 00:00:00 GMT"))
        date.update(to: 1)
        #expect(date.bytes == latin1("Thu, 01 Jan 1970 00:00:01 GMT"))
    }
}

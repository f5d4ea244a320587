import Testing
import Verifiers

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0), ("2026-11-21T08:41:00Z", 1_795_250_460, 0),
            ("2000-02-29T00:00:00Z", 951_782_400, 0), ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
            ("2015-10-05T14:42:19-0700", 1_444_081_339, 0),
            ("2015-10-05T14:42:19-07:00", 1_444_081_339, 0),
            ("2015-10-05t21:42:19z", 1_444_081_339, 0), ("2015-10-05 21:42:19Z", 1_444_081_339, 0),
            ("2015-10-06T03:12:19+05:30", 1_444_081_339, 0),
            ("2015-10-05T21:42:19.657Z", 1_444_081_339, 657_000_000),
            ("2025-09-10T21:31:25.179851517Z", 1_757_539_885, 179_851_517),
            ("2025-09-10T21:31:25.1798515179999Z", 1_757_539_885, 179_851_517),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0), ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
        ] as [(String, Int64, Int32)])
    func `RFC 3339 is read`(text: String, seconds: Int64, nanoseconds: Int32) {
        #expect(
            Timestamp(rfc3339: Array(text.utf8)[...])
                == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T08:41:00", "2026-11-21T08:41Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00+00", "2026-01-01T00:00:00ZZ",
        " 2026-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "+026-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z", "2026-01-01T00:00:00,5Z",
    ])
    func `what is no RFC 3339 moment is refused`(text: String) {
        #expect(Timestamp(rfc3339: Array(text.utf8)[...]) == nil)
    }

    @Test(arguments: [
        ("0", 0), ("1700000000", 1_700_000_000), ("0001", 1), ("9223372036854775807", Int64.max),
    ])
    func `Unix seconds are read`(text: String, seconds: Int64) {
        #expect(Timestamp(unixSeconds: Array(text.utf8)[...]) == Timestamp(seconds: seconds))
    }

    @Test(arguments: [
        "", "-1", "+1", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "00000000000000000001", "0x1",
        "١",
    ])
    func `what is no number of Unix seconds is refused`(text: String) {
        #expect(Timestamp(unixSeconds: Array(text.utf8)[...]) == nil)
    }

    @Test func `a moment without a zone is UTC`() {
        #expect(
            Timestamp(zoneless: Array("2009-03-26 21:35:57".utf8)[...])
                == Timestamp(seconds: 1_238_103_357))
        #expect(
            Timestamp(zoneless: Array("2009-03-26T21:35:57".utf8)[...])
                == Timestamp(seconds: 1_238_103_357))
        #expect(Timestamp(zoneless: Array("2009-03-26 21:35:57Z".utf8)[...]) == nil)
        #expect(Timestamp(zoneless: Array("2009-03-26".utf8)[...]) == nil)
    }

    @Test(
        arguments: [
            (
                1_795_250_460, 123_456_789, "2026-11-21T08:41:00Z", "2026-11-21T08:41:00.123Z",
                "2026-11-21T08:41:00.123456789Z"
            ),
            (0, 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"),
            (
                -1, 5_000_000, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.005Z",
                "1969-12-31T23:59:59.005Z"
            ),
            (
                951_782_399, 1000, "2000-02-28T23:59:59Z", "2000-02-28T23:59:59.000Z",
                "2000-02-28T23:59:59.000001Z"
            ),
        ] as [(Int64, Int32, String, String, String)])
    func `a moment is written at each precision`(
        seconds: Int64, nanoseconds: Int32, whole: String, milli: String, exact: String
    ) {
        let moment = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(moment.formatted() == whole)
        #expect(moment.formatted(.milliseconds) == milli)
        #expect(moment.formatted(.exact) == exact)
    }

    @Test func `every day of four centuries survives writing and reading`() {
        for day in stride(from: Int64(-25_567), through: 120_530, by: 1) {
            let moment = Timestamp(seconds: day * 86_400 + day.magnitude.quotientSeconds)
            var text: [UInt8] = []
            moment.append(to: &text)
            guard Timestamp(rfc3339: text[...]) == moment else {
                Issue.record(
                    "\(moment) reads back differently from \(String(decoding: text, as: UTF8.self))")
                return
            }
        }
    }

    @Test func `extreme moments are held at the bounds`() {
        #expect(Timestamp(seconds: .max).formatted() == "9999-12-31T23:59:59Z")
        #expect(Timestamp(seconds: .min).formatted() == "0001-01-01T00:00:00Z")
    }
}

extension UInt64 {
    /// A second of the day that differs from day to day.
    fileprivate var quotientSeconds: Int64 { Int64(self % 86_400) }
}

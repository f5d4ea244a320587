import Testing

@testable import WebhookGateway

struct MomentTests {
    @Test(
        arguments: [
            ("2026-11-21T08:41:00.5Z", 1_795_250_460_500), ("1795250460", 1_795_250_460_000), ("90s", 910_000),
            ("15m", 100_000), ("0d", 1_000_000),
        ] as [(String, Int64)])
    func `a time is absolute or so long ago`(text: String, expected: Int64) throws {
        #expect(try Moment.read(text, option: "--from", now: 1_000_000) == expected)
    }

    @Test(arguments: ["", "yesterday", "-3d", "3w", "99999999999999999999", "9999999d"])
    func `what is no time is refused with the forms`(text: String) {
        #expect(throws: UsageError.self) { try Moment.read(text, option: "--from") }
    }

    @Test(
        arguments: [(0, "0 s"), (119_999, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (172_800_000, "2 d")]
            as [(Int64, String)])
    func `a length is told in its largest unit`(milliseconds: Int64, text: String) {
        #expect(Moment.length(milliseconds: milliseconds) == text)
    }
}

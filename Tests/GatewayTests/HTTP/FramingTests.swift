import Testing

@testable import WebhookGateway

@Suite struct FramingTests {
    static let cases = requestLineCases + fieldCases + bodyCases
    private static let next = latin1("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")

    @Test func `the set has at least 150 cases with distinct names`() {
        #expect(Self.cases.count >= 150)
        #expect(Set(Self.cases.map(\.testDescription)).count == Self.cases.count)
    }

    @Test(arguments: cases)
    func `bytes are read alike wherever they are split`(_ row: FramingCase) {
        let bytes = row.bytes
        let pieces = stride(from: 0, to: bytes.count, by: bytes.count > 2000 ? 61 : 1)
        Self.check(
            bytes, [Array(pieces)] + Conversation.splitPoints(bytes.count).map { [$0] }, row.verdict, isFollowed: false)
    }

    @Test(arguments: cases)
    func `the next request is read if and only if the connection lives`(_ row: FramingCase) {
        let bytes = row.bytes + Self.next
        Self.check(bytes, Conversation.splitPoints(bytes.count).map { [$0] }, row.verdict, isFollowed: true)
    }

    /// Tells of the first way of splitting that gives another result.
    private static func check(_ bytes: [UInt8], _ ways: [[Int]], _ verdict: FramingCase.Verdict, isFollowed: Bool) {
        let expected = transcript(verdict, isFollowed: isFollowed)
        for splits in ways {
            let transcript = Conversation(bytes, splits: splits).transcript
            guard transcript == expected else {
                Issue.record("split at \(splits.prefix(3)): \(transcript) instead of \(expected)")
                return
            }
        }
    }

    private static func transcript(_ verdict: FramingCase.Verdict, isFollowed: Bool) -> [String] {
        switch verdict {
        case .rejects(let error): ["reject \(error)", "close"]
        case .accepts(let requests, closes: true): requests + ["close"]
        case .accepts(let requests, closes: false): requests + (isFollowed ? ["GET /next []", "idle"] : ["idle"])
        }
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

struct HTTPOutcomeTests {
    private func response(_ status: UInt16, _ headers: [(String, String)] = []) -> ClientResponse {
        ClientResponse(
            status: HTTPStatus(status), headers: HeaderFields(headers.map { (name: $0.0, value: $0.1) }), body: [],
            isTruncated: false, keepAlive: true)
    }

    @Test(arguments: [
        (200, "delivered"), (201, "delivered"), (202, "delivered"), (204, "delivered"), (301, "retry unknown"),
        (302, "retry unknown"), (307, "retry unknown"), (400, "dead validation"), (401, "dead authentication"),
        (403, "dead authorization"), (404, "dead configuration"), (405, "dead validation"),
        (408, "retry provider_error"),
        (409, "dead unknown"), (410, "dead configuration"), (413, "dead validation"), (415, "dead validation"),
        (418, "dead unknown"), (422, "dead data_error"), (425, "retry provider_error"), (429, "retry rate_limit"),
        (500, "retry provider_error"), (501, "retry provider_error"), (502, "retry provider_error"),
        (503, "retry provider_error"), (504, "retry provider_error"), (599, "retry provider_error"),
        (600, "dead unknown"),
    ])
    func `each status has its outcome`(_ status: UInt16, _ expected: String) {
        let text =
            switch HTTPOutcome.judge(response(status), unixMilliseconds: 0) {
            case .delivered: "delivered"
            case .retry(let category, _, _): "retry \(category.rawValue)"
            case .dead(let category, _): "dead \(category.rawValue)"
            }
        #expect(text == expected)
    }

    @Test(
        arguments: [
            ("120", 120), ("0", 0), ("Sat, 21 Nov 2026 08:42:00 GMT", 60), ("Sat, 21 Nov 2026 08:00:00 GMT", 0),
            ("31536000", 86_400), ("Sun, 21 Nov 2027 08:42:00 GMT", 86_400), ("soon", nil), ("-1", nil), ("", nil),
        ] as [(String, Int64?)])
    func `Retry-After is honoured, as seconds or as a date, up to a day`(_ value: String, _ seconds: Int64?) {
        let outcome = HTTPOutcome.judge(
            response(503, [("Retry-After", value)]), unixMilliseconds: Event.sampleMilliseconds)
        guard case .retry(_, _, let after) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(after == seconds.map { Duration.seconds($0) })
    }

    @Test func `a redirect's reason names the new address without its secrets`() {
        let outcome = HTTPOutcome.judge(
            response(308, [("Location", "https://new.example.com/in?token=hunter2")]), unixMilliseconds: 0)
        guard case .retry(.unknown, let reason, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("https://new.example.com/in"))
        #expect(!reason.contains("hunter2"))
    }
}

struct AnswerExcerptTests {
    @Test func `an answer is cut at 2 KiB`() {
        #expect(AnswerExcerpt.text([UInt8](repeating: 0x61, count: 5000), hiding: []).utf8.count == 2048)
    }

    @Test func `a secret is hidden wherever it stands, also across the cut and percent-encoded`() {
        let secret = Secret(literal: "s3cr3t/key=")
        let echo = AnswerExcerpt.text(Array("you sent s3cr3t/key= and s3cr3t%2Fkey%3D".utf8), hiding: [secret])
        #expect(echo == "you sent ••• and •••")
        let across = AnswerExcerpt.text([UInt8](repeating: 0x61, count: 2044) + secret.bytes, hiding: [secret])
        #expect(!across.contains("s3"))
    }
}

import Verifiers

/// An answer of an API: its status, and its body where that is JSON.
struct APIAnswer: Sendable {
    let response: ClientResponse
    /// The body; nil when it is not JSON, or longer than is read.
    let document: JSONDocument?
    let unixMilliseconds: Int64

    /// How much of an answer a reason repeats.
    private static let maximumWords = 400

    init(_ response: ClientResponse, unixMilliseconds: Int64) {
        self.response = response
        self.unixMilliseconds = unixMilliseconds
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(response.body[...])
            self.document = document
        } catch {
            self.document = nil
        }
    }

    var status: Int { Int(response.status.code) }
    var isSuccess: Bool { (200...299).contains(status) }
    var body: [UInt8] { response.body }

    /// The body's beginning in one line, for reasons.
    var words: String {
        let text = String(decoding: body.prefix(2 * Self.maximumWords), as: UTF8.self)
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(Self.maximumWords)
        return line.isEmpty ? "an empty answer with status \(status)" : String(line)
    }

    /// What the status alone says, with `Retry-After`.
    var general: DeliveryOutcome { HTTPOutcome.judge(response, unixMilliseconds: unixMilliseconds) }

    /// How long the answer asks to wait.
    var retryAfter: Duration? { HTTPOutcome.retryAfter(response, unixMilliseconds: unixMilliseconds) }

    /// A verdict by the status, with the API's words: what an event may be to blame for is narrowed down.
    func verdict(refusal category: FailureCategory) -> BatchVerdict {
        switch status {
        case 400, 413, 422: .split(.dead(status == 413 ? .validation : category, reason: words))
        default: .whole(worded)
        }
    }

    /// `general`, with the API's words behind it.
    var worded: DeliveryOutcome {
        switch general {
        case .delivered: .delivered
        case .retry(let category, let reason, let after):
            .retry(category, reason: "\(reason); \(words)", after: after)
        case .dead(let category, let reason): .dead(category, reason: "\(reason); \(words)")
        }
    }

    /// A success that is none: nothing can be concluded from what was answered.
    var unreadable: BatchVerdict { .whole(unreadableOutcome) }

    var unreadableOutcome: DeliveryOutcome {
        .retry(
            .network,
            reason:
                "the answer \(status) is not what this API says; whether the events were taken is unknown: \(words)",
            after: nil)
    }

    /// The verdict on an answer that is not the API's own: a web page comes from something in between (a proxy, a login
    /// page, a firewall), whatever its status says of the events; other statuses speak for themselves.
    var foreign: BatchVerdict? { foreignOutcome.map { .whole($0) } }

    var foreignOutcome: DeliveryOutcome? {
        guard body.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") else { return nil }
        switch status {
        case 200...299, 400, 403, 422:
            return .retry(
                .providerError, reason: "a web page came back with status \(status) instead of the API's answer",
                after: retryAfter)
        default: return nil
        }
    }
}

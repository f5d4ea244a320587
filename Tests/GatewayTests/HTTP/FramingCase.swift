import Testing

@testable import WebhookGateway

/// One row of the framing test set: bytes, what they must be read as, and the rule that says so.
struct FramingCase: Sendable, CustomTestStringConvertible {
    enum Verdict: Sendable {
        /// These requests, each as "METHOD target [body]"; then the connection lives on, or ends.
        case accepts([String], closes: Bool)
        case rejects(ParseError)
    }

    let section: String
    let name: String
    let bytes: [UInt8]
    let verdict: Verdict

    var testDescription: String { "\(name) (RFC \(section))" }

    /// A legal message; `requests` as "METHOD target [body]".
    static func ok(
        _ section: String, _ name: String, _ wire: String, _ requests: String..., closes: Bool = false
    ) -> FramingCase {
        FramingCase(section: section, name: name, bytes: latin1(wire), verdict: .accepts(requests, closes: closes))
    }

    /// A message that must be refused.
    static func no(_ section: String, _ name: String, _ wire: String, _ error: ParseError) -> FramingCase {
        FramingCase(section: section, name: name, bytes: latin1(wire), verdict: .rejects(error))
    }
}

/// One byte for each character, so that rows can name bytes of 0x80 and above.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// Plays a server connection without a socket: answers each request at once and notes what happened.
struct Conversation {
    private(set) var transcript: [String] = []
    private(set) var continues = 0

    /// Feeds the bytes in pieces that end at `splits`; `accept` is the limit that every body gets.
    init(_ bytes: [UInt8], splits: [Int], maxBodyBytes: Int = 1 << 16, limits: HTTPLimits = HTTPLimits()) {
        var state = ConnectionState(limits: limits)
        var start = 0
        for end in splits + [bytes.count] {
            state.received(bytes[start..<end])
            start = end
            if perform(&state, maxBodyBytes) { return }
        }
        transcript.append("\(state.stage)")
    }

    /// Performs actions until the connection wants more; true when it has ended.
    private mutating func perform(_ state: inout ConnectionState, _ maxBodyBytes: Int) -> Bool {
        while true {
            switch state.next() {
            case .needMore, .waiting: return false
            case .head: state.accept(maxBodyBytes: maxBodyBytes)
            case .sendContinue: continues += 1
            case .dispatch(let request):
                let target = String(decoding: request.target, as: UTF8.self)
                let body = String(decoding: request.body, as: UTF8.self)
                transcript.append("\(request.methodName) \(target) [\(body)]")
                state.replied()
            case .reject(let error): transcript.append("reject \(error)")
            case .close:
                transcript.append("close")
                return true
            }
        }
    }

    /// The places to cut bytes at: each, or for long input a sample that includes both ends.
    static func splitPoints(_ count: Int) -> [Int] {
        count <= 600 ? Array(0...count) : Array(stride(from: 0, through: count, by: 1 + count / 37)) + [count]
    }
}

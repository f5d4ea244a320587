/// Reads a stream of server-sent events (html.spec.whatwg.org, "Interpreting an event stream"), in whatever pieces it
/// comes.
struct EventStreamReader: Sendable {
    struct Message: Equatable, Sendable {
        var kind: String
        var data: String
    }

    /// A line that grows beyond it is given up: no event is that long.
    private static let longestLine = 16 << 20

    /// The id of the last message, for `Last-Event-ID`.
    private(set) var lastID: String?
    private var line: [UInt8] = []
    private var endedByReturn = false
    private var kind = ""
    private var data: [String] = []

    init(lastID: String? = nil) { self.lastID = lastID }

    /// The messages that the bytes complete.
    mutating func read(_ bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        for byte in bytes {
            let isLineFeed = byte == UInt8(ascii: "\n")
            if isLineFeed && endedByReturn {
                endedByReturn = false
                continue
            }
            endedByReturn = byte == UInt8(ascii: "\r")
            guard isLineFeed || endedByReturn else {
                if line.count < Self.longestLine { line.append(byte) }
                continue
            }
            if let message = endLine() { messages.append(message) }
        }
        return messages
    }

    private mutating func endLine() -> Message? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer { (kind, data) = ("", []) }
            return data.isEmpty
                ? nil : Message(kind: kind.isEmpty ? "message" : kind, data: data.joined(separator: "\n"))
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": kind = text
        case "data": data.append(text)
        case "id" where !value.contains(0): lastID = text
        default: break
        }
        return nil
    }
}

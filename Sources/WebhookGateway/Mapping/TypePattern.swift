/// A provider's type, or several by `*`, which stands for any run of characters: `payment_intent.*`.
struct TypePattern: Sendable, Equatable {
    let text: String
    private let parts: [[UInt8]]

    init(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// Whether it names exactly one type.
    var isExact: Bool { parts.count == 1 }

    func matches(_ type: String) -> Bool {
        guard !isExact else { return type == text }
        var rest = Array(type.utf8)[...]
        guard let first = parts.first, rest.starts(with: first) else { return false }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let end = Self.endOfFirst(part, in: rest) else { return false }
            rest = rest[end...]
        }
        guard let last = parts.last else { return false }
        return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
    }

    /// Where the first occurrence of `part` ends.
    private static func endOfFirst(_ part: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        var start = text.startIndex
        while start + part.count <= text.endIndex {
            if text[start..<start + part.count].elementsEqual(part) { return start + part.count }
            start += 1
        }
        return nil
    }
}

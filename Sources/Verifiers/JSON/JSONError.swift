/// Why a text is not the JSON we accept, and at which byte of it.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong; the raw value is the sentence for people.
    public enum Reason: String, Equatable, Sendable, CaseIterable {
        case empty = "the text is empty"
        case truncated = "the text ends before the value does"
        case byteOrderMark = "a byte order mark stands before the value"
        case expectedValue = "expected a value"
        case expectedKey = "expected a member name in double quotes"
        case expectedColon = "expected ':' after the member name"
        case expectedCommaOrEnd = "expected ',' or the end of the object or array"
        case trailingBytes = "something follows the value"
        case invalidNumber = "this is not a JSON number"
        case invalidEscape = "this is not a JSON escape sequence"
        case controlCharacter = "a control character stands unescaped in a string"
        case invalidUTF8 = "this is not UTF-8"
        case tooDeep = "more than 64 objects and arrays lie inside one another"
        case tooManyValues = "there are more than 262144 values"
        case tooLong = "the text is longer than 2 GiB"
    }

    /// What is wrong.
    public var reason: Reason
    /// The offset of the offending byte from the start of the text.
    public var offset: Int

    /// Makes an error.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// "not JSON: expected a value at byte 17".
    public var description: String { "not JSON: \(reason.rawValue) at byte \(offset)" }
}

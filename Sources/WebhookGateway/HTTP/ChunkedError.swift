/// Why a chunked body cannot be decoded (RFC 9112 §7.1).
enum ChunkedError: Error, Equatable, Sendable {
    case malformedSize
    case sizeTooLong
    case malformedExtension
    case malformedLineEnd
    case excessiveOverhead
    case malformedTrailer
    case trailersTooLarge
    case forbiddenTrailer
    case bodyTooLarge

    /// One sentence for a person.
    var detail: StaticString {
        switch self {
        case .malformedSize: "A chunk size is not a hexadecimal number."
        case .sizeTooLong: "A chunk size has too many digits."
        case .malformedExtension: "A chunk extension is malformed or too long."
        case .malformedLineEnd: "A line or chunk of the chunked body does not end with CR LF."
        case .excessiveOverhead: "The chunked body spends too many bytes on framing."
        case .malformedTrailer: "A trailer line is malformed."
        case .trailersTooLarge: "The trailer section is too large."
        case .forbiddenTrailer: "A trailer names a field that frames, routes or authenticates the message."
        case .bodyTooLarge: "The chunked body is larger than this address accepts."
        }
    }
}

/// The grammar of chunk extensions, byte by byte (RFC 9112 §7.1.1): `*( BWS ";" BWS name [ BWS "=" BWS value ] )`.
///
/// They mean nothing here, but a lax reading of them is a way to smuggle, so they are checked to the letter.
struct ChunkExtension: Sendable {
    private enum Stage {
        case blankBeforeSemicolon, beforeName, name, blankAfterName, beforeValue, tokenValue, quoted, escaped
        case afterQuoted, start
    }

    private static let maxBytes = 256

    private var stage = Stage.start
    private var count = 0

    /// Takes the next byte after the chunk's size; true when it is the CR that ends the line.
    mutating func read(_ byte: UInt8) throws(ChunkedError) -> Bool {
        count += 1
        guard count <= Self.maxBytes else { throw .malformedExtension }
        switch stage {
        case .start, .blankBeforeSemicolon: try readSeparator(byte)
        case .beforeName:
            if ASCII.isBlank(byte) { return false }
            guard ASCII.isTokenCharacter(byte) else { throw .malformedExtension }
            stage = .name
        case .name:
            if byte == ASCII.carriageReturn { return true }
            if byte == UInt8(ascii: "=") {
                stage = .beforeValue
            } else if ASCII.isBlank(byte) {
                stage = .blankAfterName
            } else if !ASCII.isTokenCharacter(byte) {
                try readSeparator(byte)
            }
        case .blankAfterName:
            if byte == UInt8(ascii: "=") {
                stage = .beforeValue
            } else if !ASCII.isBlank(byte) {
                try readSeparator(byte)
            }
        case .beforeValue:
            if ASCII.isBlank(byte) { return false }
            guard byte == UInt8(ascii: "\"") || ASCII.isTokenCharacter(byte) else { throw .malformedExtension }
            stage = byte == UInt8(ascii: "\"") ? .quoted : .tokenValue
        case .tokenValue:
            if byte == ASCII.carriageReturn { return true }
            if !ASCII.isTokenCharacter(byte) { try readSeparator(byte) }
        case .quoted:
            guard ASCII.isFieldValueCharacter(byte) else { throw .malformedExtension }
            if byte == UInt8(ascii: "\"") { stage = .afterQuoted }
            if byte == UInt8(ascii: "\\") { stage = .escaped }
        case .escaped:
            guard ASCII.isFieldValueCharacter(byte) else { throw .malformedExtension }
            stage = .quoted
        case .afterQuoted:
            if byte == ASCII.carriageReturn { return true }
            try readSeparator(byte)
        }
        return false
    }

    private mutating func readSeparator(_ byte: UInt8) throws(ChunkedError) {
        if byte == UInt8(ascii: ";") {
            stage = .beforeName
        } else {
            guard ASCII.isBlank(byte) else { throw .malformedExtension }
            stage = .blankBeforeSemicolon
        }
    }
}

import Verifiers

/// A strict, resumable parser of request heads (RFC 9112): bytes in, offsets or a typed error out, no I/O.
///
/// Feed it all bytes of the request received so far, each time from the same first byte; it remembers how far it read,
/// so a client that sends a byte at a time costs no more than one that sends all at once, and the verdict does not
/// depend on where the bytes were split: each line is judged when it is complete, in order.
/// Where RFC 9112 leaves a choice, it takes the one that an attacker cannot play against a proxy in front.
struct RequestParser: Sendable {
    private enum Stage {
        case leading, requestLine, fields, finished
    }

    let limits: HTTPLimits
    private var stage = Stage.leading
    /// Where the line being read begins, and how far it has been searched for its end.
    private var lineStart = 0
    private var scanned = 0
    /// What has been read of the head; whole once it has been returned.
    private(set) var head = RequestHead()
    private var framing = RequestFraming()

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether a head has been returned; `reset` makes ready for the next one.
    var isFinished: Bool { stage == .finished }

    /// Whether more has come of a request than the empty lines that may precede it.
    var hasBegun: Bool { stage != .leading }

    /// Makes ready for the next request; the field array keeps its room if wanted, once the last head has been dropped.
    mutating func reset(keepingCapacity: Bool = true) {
        stage = .leading
        lineStart = 0
        scanned = 0
        var fields: [HeaderFields.Field] = []
        if keepingCapacity {
            swap(&fields, &head.fields)
            fields.removeAll(keepingCapacity: true)
        }
        head = RequestHead()
        head.fields = fields
        framing = RequestFraming()
    }

    /// Reads on; nil means that more bytes are needed.
    mutating func parse(_ bytes: Span<UInt8>) throws(ParseError) -> RequestHead? {
        while true {
            switch stage {
            case .leading:
                // RFC 9112 §2.2: empty lines before the request line are ignored, a few of them.
                guard bytes.count > lineStart else { return nil }
                guard bytes[lineStart] == ASCII.carriageReturn else {
                    stage = .requestLine
                    continue
                }
                guard bytes.count > lineStart + 1 else { return nil }
                guard bytes[lineStart + 1] == ASCII.lineFeed else { throw .bareCarriageReturn }
                beginLine(at: lineStart + 2)
                guard lineStart <= Self.maxEmptyLines * 2 else { throw .tooManyEmptyLines }
            case .requestLine:
                let limit = min(limits.maxRequestLineBytes, limits.maxHeaderBytes - lineStart - 2)
                guard let end = try lineEnd(in: bytes, limit: limit, tooLong: .requestLineTooLong) else { return nil }
                try head.readRequestLine(lineStart..<end, of: bytes)
                beginLine(at: end + 2)
                stage = .fields
                head.fields.reserveCapacity(16)
            case .fields:
                let limit = limits.maxHeaderBytes - lineStart - 2
                guard let end = try lineEnd(in: bytes, limit: limit, tooLong: .headTooLarge) else { return nil }
                let line = lineStart..<end
                beginLine(at: end + 2)
                guard line.isEmpty else {
                    try readField(line, of: bytes)
                    continue
                }
                head.length = end + 2
                try framing.conclude(&head)
                stage = .finished
                return head
            case .finished:
                preconditionFailure("reset comes between two heads")
            }
        }
    }

    /// How many empty lines may precede a request line.
    private static let maxEmptyLines = 4

    private mutating func beginLine(at index: Int) {
        lineStart = index
        scanned = index
    }

    /// The end of the current line, before its CR LF; nil when it has not come yet.
    ///
    /// Never looks past `limit` bytes of line, so that the verdict is the same however much has arrived.
    private mutating func lineEnd(
        in bytes: Span<UInt8>, limit: Int, tooLong: ParseError
    ) throws(ParseError) -> Int? {
        guard limit >= 0 else { throw tooLong }
        let end = min(bytes.count, lineStart + limit + 1)
        var index = scanned
        while true {
            index = ASCII.firstControl(in: bytes, from: index, to: end)
            guard index < end else { break }
            switch bytes[index] {
            case ASCII.tab: index += 1
            case ASCII.carriageReturn:
                guard index + 1 < bytes.count else {
                    scanned = index
                    return nil
                }
                guard bytes[index + 1] == ASCII.lineFeed else { throw .bareCarriageReturn }
                return index
            case ASCII.lineFeed: throw .bareLineFeed
            default: throw .controlCharacter
            }
        }
        guard index <= lineStart + limit else { throw tooLong }
        scanned = index
        return nil
    }

    private mutating func readField(_ line: Range<Int>, of bytes: Span<UInt8>) throws(ParseError) {
        guard head.fields.count < limits.maxHeaderFields else { throw .tooManyFields }
        let field = try FieldLine.read(line, of: bytes)
        head.fields.append(field)
        try framing.read(field, of: bytes)
    }
}

/// One field line's grammar (RFC 9112 §5).
enum FieldLine {
    /// Reads `name ":" OWS value OWS`; the line's bytes are known to hold no control character but HTAB.
    @inline(__always)
    static func read(_ line: Range<Int>, of bytes: Span<UInt8>) throws(ParseError) -> HeaderFields.Field {
        let colon = ASCII.tokenEnd(in: bytes, from: line.lowerBound, to: line.upperBound)
        guard colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            throw fault(at: colon, in: line, of: bytes)
        }
        guard colon > line.lowerBound else { throw .malformedFieldName }
        let value = ASCII.trimmed(colon + 1..<line.upperBound, of: bytes)
        return HeaderFields.Field(name: line.lowerBound..<colon, value: value)
    }

    private static func fault(at index: Int, in line: Range<Int>, of bytes: Span<UInt8>) -> ParseError {
        guard index < line.upperBound else { return .malformedFieldLine }
        guard ASCII.isBlank(bytes[index]) else { return .malformedFieldName }
        // RFC 9112 §5.2: a server refuses a folded line; §5.1: and white space between name and colon.
        return index == line.lowerBound ? .foldedField : .whitespaceBeforeColon
    }
}

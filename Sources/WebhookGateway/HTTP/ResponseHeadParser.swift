import Verifiers

/// A resumable parser of response heads; laxer than the one of requests where servers are known to be (RFC 9112 §2.2,
/// §5.2): lines may end with LF alone, and folded lines are joined.
struct ResponseHeadParser: Sendable {
    private enum Stage {
        case statusLine, fields
    }

    static let maxHeadBytes = 65536
    private static let maxFields = 1000

    private var stage = Stage.statusLine
    private var lineStart = 0
    private var scanned = 0
    private(set) var status = HTTPStatus.ok
    private(set) var version = HTTPVersion.http11
    private(set) var fields: [HeaderFields.Field] = []

    /// Reads on in `bytes`, which begin with the status line; returns the head's length, or nil for more bytes.
    ///
    /// Line ends within a folded field are overwritten with spaces.
    mutating func parse(_ bytes: inout [UInt8]) throws(ResponseError) -> Int? {
        while let lineFeed = Self.lineFeed(in: bytes.span, from: scanned) {
            guard lineFeed < Self.maxHeadBytes else { throw .headTooLarge }
            let hasReturn = lineFeed > lineStart && bytes[lineFeed - 1] == ASCII.carriageReturn
            let line = lineStart..<(hasReturn ? lineFeed - 1 : lineFeed)
            switch stage {
            case .statusLine:
                try readStatusLine(bytes.span.extracting(line))
                stage = .fields
            case .fields:
                if line.isEmpty { return lineFeed + 1 }
                try readFieldLine(line, of: &bytes)
            }
            lineStart = lineFeed + 1
            scanned = lineStart
        }
        guard bytes.count <= Self.maxHeadBytes else { throw .headTooLarge }
        scanned = bytes.count
        return nil
    }

    private static func lineFeed(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == ASCII.lineFeed { return index }
            index += 1
        }
        return nil
    }

    /// `HTTP-version SP status-code [SP reason]` (RFC 9112 §4); some servers leave out the last space.
    private mutating func readStatusLine(_ line: Span<UInt8>) throws(ResponseError) {
        guard line.count >= 12, ASCII.isEqual(line.extracting(0..<5), "HTTP/"), line[8] == ASCII.space,
            line.count == 12 || line[12] == ASCII.space
        else { throw .malformedStatusLine }
        switch line.extracting(5..<8) {
        case let text where ASCII.isEqual(text, "1.1"): version = .http11
        case let text where ASCII.isEqual(text, "1.0"): version = .http10
        default: throw .unsupportedVersion
        }
        var code: UInt16 = 0
        for index in 9..<12 {
            guard ASCII.isDigit(line[index]) else { throw .malformedStatusLine }
            code = code * 10 + UInt16(line[index] - 0x30)
        }
        guard code >= 100 else { throw .malformedStatusLine }
        status = HTTPStatus(code)
    }

    private mutating func readFieldLine(_ line: Range<Int>, of bytes: inout [UInt8]) throws(ResponseError) {
        for index in line where bytes[index] == 0 || bytes[index] == ASCII.carriageReturn {
            throw .malformedField
        }
        if ASCII.isBlank(bytes[line.lowerBound]) {
            try unfold(line, of: &bytes)
            return
        }
        guard fields.count < Self.maxFields else { throw .headTooLarge }
        do throws(ParseError) {
            fields.append(try FieldLine.read(line, of: bytes.span))
        } catch {
            throw .malformedField
        }
    }

    /// RFC 9112 §5.2: a user agent replaces a fold with spaces.
    private mutating func unfold(_ line: Range<Int>, of bytes: inout [UInt8]) throws(ResponseError) {
        guard let last = fields.indices.last else { throw .malformedField }
        let value = fields[last].value
        for index in value.upperBound..<line.lowerBound { bytes[index] = ASCII.space }
        fields[last].value = ASCII.trimmed(value.lowerBound..<line.upperBound, of: bytes.span)
    }
}

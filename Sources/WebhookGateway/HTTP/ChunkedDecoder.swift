/// A strict, resumable decoder of chunked bodies (RFC 9112 §7.1).
///
/// Feed it the bytes that follow the head as they come; what is data goes to `body`, everything else is checked and
/// dropped. It never reads past the body's end, so what remains belongs to the next message.
struct ChunkedDecoder: Sendable {
    private enum Stage {
        case size, chunkExtension, sizeLineFeed, data, dataCarriageReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, finalLineFeed, finished
    }

    /// Fifteen digits fit an `Int` with room to add.
    private static let maxSizeDigits = 15
    /// Framing bytes allowed beside two for each byte of data: enough for honest senders of small chunks, too little
    /// for one that makes a megabyte of work out of a few bytes of data.
    private static let overheadAllowance = 16384
    private static let maxTrailerBytes = 4096

    private let maxBodyBytes: Int
    private var stage = Stage.size
    private var sizeDigits = 0
    private var size = 0
    private var remaining = 0
    private var chunkExtension = ChunkExtension()
    private var dataBytes = 0
    private var overheadBytes = 0
    private var trailerBytes = 0
    private var trailerName: [UInt8] = []

    init(maxBodyBytes: Int) {
        // Far more than can arrive, and small enough that sums over it cannot overflow.
        self.maxBodyBytes = min(maxBodyBytes, 1 << 60)
    }

    /// Whether the body and its trailers are complete.
    var isFinished: Bool { stage == .finished }

    /// Decodes on and returns how many bytes were used: all of them unless the body ended among them.
    mutating func decode(_ bytes: Span<UInt8>, into body: inout [UInt8]) throws(ChunkedError) -> Int {
        var index = 0
        while index < bytes.count, stage != .finished {
            if stage == .data {
                let count = min(remaining, bytes.count - index)
                bytes.extracting(index..<index + count).withUnsafeBufferPointer { body.append(contentsOf: $0) }
                index += count
                remaining -= count
                if remaining == 0 { stage = .dataCarriageReturn }
                continue
            }
            try readFraming(bytes[index])
            index += 1
        }
        return index
    }

    private mutating func readFraming(_ byte: UInt8) throws(ChunkedError) {
        switch stage {
        case .size:
            try countOverhead()
            try readSize(byte)
        case .chunkExtension:
            try countOverhead()
            if try chunkExtension.read(byte) { stage = .sizeLineFeed }
        case .sizeLineFeed:
            try countOverhead()
            try beginChunk(byte)
        case .dataCarriageReturn:
            try countOverhead()
            try expect(ASCII.carriageReturn, byte, then: .dataLineFeed)
        case .dataLineFeed:
            try countOverhead()
            try expect(ASCII.lineFeed, byte, then: .size)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .finalLineFeed:
            trailerBytes += 1
            guard trailerBytes <= Self.maxTrailerBytes else { throw .trailersTooLarge }
            try readTrailer(byte)
        case .data, .finished:
            preconditionFailure("data is copied as a whole, and nothing is read after the end")
        }
    }

    private mutating func countOverhead() throws(ChunkedError) {
        overheadBytes += 1
        guard overheadBytes <= Self.overheadAllowance + 2 * dataBytes else { throw .excessiveOverhead }
    }

    private mutating func expect(_ wanted: UInt8, _ byte: UInt8, then next: Stage) throws(ChunkedError) {
        guard byte == wanted else { throw .malformedLineEnd }
        stage = next
    }

    private mutating func readSize(_ byte: UInt8) throws(ChunkedError) {
        if let digit = ASCII.hexValue(byte) {
            sizeDigits += 1
            guard sizeDigits <= Self.maxSizeDigits else { throw .sizeTooLong }
            size = size << 4 | Int(digit)
            return
        }
        guard sizeDigits > 0 else { throw .malformedSize }
        switch byte {
        case ASCII.carriageReturn: stage = .sizeLineFeed
        case UInt8(ascii: ";"), ASCII.space, ASCII.tab:
            chunkExtension = ChunkExtension()
            stage = .chunkExtension
            _ = try chunkExtension.read(byte)
        case ASCII.lineFeed: throw .malformedLineEnd
        default: throw .malformedSize
        }
    }

    private mutating func beginChunk(_ byte: UInt8) throws(ChunkedError) {
        guard byte == ASCII.lineFeed else { throw .malformedLineEnd }
        guard size > 0 else {
            stage = .trailerStart
            return
        }
        guard size <= maxBodyBytes - dataBytes else { throw .bodyTooLarge }
        dataBytes += size
        remaining = size
        size = 0
        sizeDigits = 0
        stage = .data
    }

    /// Trailers are checked and dropped; one that would change framing, routing, authentication or the content's
    /// meaning is refused (RFC 9110 §6.5.1).
    private mutating func readTrailer(_ byte: UInt8) throws(ChunkedError) {
        switch stage {
        case .trailerStart:
            if byte == ASCII.carriageReturn {
                stage = .finalLineFeed
            } else {
                guard ASCII.isTokenCharacter(byte) else { throw .malformedTrailer }
                trailerName = [ASCII.lowercased(byte)]
                stage = .trailerName
            }
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                guard !Self.isForbidden(trailerName.span) else { throw .forbiddenTrailer }
                stage = .trailerValue
            } else {
                guard ASCII.isTokenCharacter(byte) else { throw .malformedTrailer }
                trailerName.append(ASCII.lowercased(byte))
            }
        case .trailerValue:
            if byte == ASCII.carriageReturn {
                stage = .trailerLineFeed
            } else {
                guard ASCII.isFieldValueCharacter(byte) else { throw .malformedTrailer }
            }
        case .trailerLineFeed: try expect(ASCII.lineFeed, byte, then: .trailerStart)
        case .finalLineFeed: try expect(ASCII.lineFeed, byte, then: .finished)
        case .size, .chunkExtension, .sizeLineFeed, .data, .dataCarriageReturn, .dataLineFeed, .finished:
            preconditionFailure("only trailer bytes come here")
        }
    }

    private static func isForbidden(_ name: Span<UInt8>) -> Bool {
        ASCII.isEqual(name, "content-length") || ASCII.isEqual(name, "transfer-encoding")
            || ASCII.isEqual(name, "host") || ASCII.isEqual(name, "connection") || ASCII.isEqual(name, "trailer")
            || ASCII.isEqual(name, "te") || ASCII.isEqual(name, "upgrade") || ASCII.isEqual(name, "expect")
            || ASCII.isEqual(name, "authorization") || ASCII.isEqual(name, "content-type")
            || ASCII.isEqual(name, "content-encoding") || ASCII.isEqual(name, "content-range")
    }
}

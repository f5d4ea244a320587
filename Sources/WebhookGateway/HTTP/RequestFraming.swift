import Verifiers

/// What the fields of a request say about its frame and its connection, gathered line by line.
struct RequestFraming: Sendable {
    private enum Coding {
        case none, chunked
    }

    private var coding = Coding.none
    private var contentLength: Int?
    private var hosts = 0
    private var expectsContinue = false
    private var close = false
    private var keepAlive = false

    /// Takes note of one field; most names are passed over by their length alone.
    @inline(__always)
    mutating func read(_ field: HeaderFields.Field, of bytes: Span<UInt8>) throws(ParseError) {
        switch field.name.count {
        case 4, 6, 10, 14, 17: try readKnown(field, of: bytes)
        default: break
        }
    }

    /// Checks what only the whole head shows, and writes the result into it.
    mutating func conclude(_ head: inout RequestHead) throws(ParseError) {
        // RFC 9112 §3.2: exactly one Host in HTTP/1.1.
        guard hosts > 0 || head.version == .http10 else { throw .missingHost }
        if coding == .chunked {
            // RFC 9112 §6.1: neither with Content-Length nor in HTTP/1.0; both are how requests are smuggled.
            guard contentLength == nil else { throw .contentLengthWithTransferEncoding }
            guard head.version == .http11 else { throw .transferEncodingInHTTP10 }
            head.isChunked = true
        }
        head.contentLength = contentLength
        switch head.version {
        case .http11: head.keepAlive = !close
        case .http10: head.keepAlive = keepAlive && !close
        }
        // RFC 9110 §10.1.1: an HTTP/1.0 client's expectation is ignored.
        head.expectsContinue = expectsContinue && head.version == .http11
    }

    private mutating func readKnown(_ field: HeaderFields.Field, of bytes: Span<UInt8>) throws(ParseError) {
        let name = bytes.extracting(field.name)
        let value = bytes.extracting(field.value)
        if ASCII.isEqualIgnoringCase(name, "host") {
            hosts += 1
            guard hosts == 1 else { throw .repeatedHost }
            guard HostGrammar.isValid(value) else { throw .malformedHost }
        } else if ASCII.isEqualIgnoringCase(name, "content-length") {
            guard contentLength == nil else { throw .repeatedContentLength }
            contentLength = try Self.length(value)
        } else if ASCII.isEqualIgnoringCase(name, "transfer-encoding") {
            guard coding == .none else { throw .malformedTransferEncoding }
            try Self.checkCoding(value)
            coding = .chunked
        } else if ASCII.isEqualIgnoringCase(name, "connection") {
            readConnection(value)
        } else if ASCII.isEqualIgnoringCase(name, "expect") {
            guard ASCII.isEqualIgnoringCase(value, "100-continue") else { throw .unsupportedExpectation }
            expectsContinue = true
        }
    }

    /// Decimal digits only, at most nineteen, within `Int` (RFC 9112 §6.3: a list or a sign makes the frame unknown).
    private static func length(_ value: Span<UInt8>) throws(ParseError) -> Int {
        guard value.count > 0, value.count <= 19 else { throw .malformedContentLength }
        var length = 0
        for index in value.indices {
            guard ASCII.isDigit(value[index]) else { throw .malformedContentLength }
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(value[index] &- 0x30))
            guard !overflow, !carry else { throw .malformedContentLength }
            length = sum
        }
        return length
    }

    /// Accepts `chunked` alone; a well-formed list that ends with it after other codings is told apart from
    /// what is malformed (RFC 9112 §6.1, §6.3).
    private static func checkCoding(_ value: Span<UInt8>) throws(ParseError) {
        if ASCII.isEqualIgnoringCase(value, "chunked") { return }
        var members = 0
        var start = 0
        while let member = ListMember.next(in: value, from: &start) {
            let name = value.extracting(member)
            guard name.count > 0 else { throw .malformedTransferEncoding }
            for index in name.indices where !ASCII.isTokenCharacter(name[index]) {
                throw .malformedTransferEncoding
            }
            members += 1
            if ASCII.isEqualIgnoringCase(name, "chunked") {
                guard members > 1, start > value.count else { throw .malformedTransferEncoding }
                throw .unsupportedTransferEncoding
            }
        }
        throw .malformedTransferEncoding
    }

    private mutating func readConnection(_ value: Span<UInt8>) {
        var start = 0
        while let member = ListMember.next(in: value, from: &start) {
            let option = value.extracting(member)
            if ASCII.isEqualIgnoringCase(option, "close") {
                close = true
            } else if ASCII.isEqualIgnoringCase(option, "keep-alive") {
                keepAlive = true
            }
        }
    }
}

/// The members of a comma-separated list without quoted strings (RFC 9110 §5.6.1).
enum ListMember {
    /// The next member without its white space, perhaps empty; `start` then lies past its comma, and past the end of
    /// `value` after the last member.
    static func next(in value: Span<UInt8>, from start: inout Int) -> Range<Int>? {
        guard start <= value.count else { return nil }
        var end = start
        while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
        let member = ASCII.trimmed(start..<end, of: value)
        start = end + 1
        return member
    }
}

import Verifiers

/// How long an answer's body is, and whether the connection outlives it (RFC 9112 §6.3, §9.3).
struct ResponseFraming: Sendable {
    enum Body: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    let body: Body
    let keepAlive: Bool

    init(
        _ headers: HeaderFields, status: HTTPStatus, version: HTTPVersion, isHead: Bool
    ) throws(ResponseError) {
        var close = false
        var persist = version == .http11
        var codings = 0
        var length: Int?
        for field in headers.fields {
            let name = headers.bytes[field.name]
            let value = headers.bytes[field.value]
            if ASCII.isEqualIgnoringCase(name.span, "connection") {
                var start = 0
                while let member = ListMember.next(in: value.span, from: &start) {
                    let option = value.span.extracting(member)
                    if ASCII.isEqualIgnoringCase(option, "close") { close = true }
                    if ASCII.isEqualIgnoringCase(option, "keep-alive") { persist = true }
                }
            } else if ASCII.isEqualIgnoringCase(name.span, "transfer-encoding") {
                codings += 1
                guard codings == 1, ASCII.isEqualIgnoringCase(value.span, "chunked") else {
                    throw .unsupportedTransferEncoding
                }
            } else if ASCII.isEqualIgnoringCase(name.span, "content-length") {
                length = try Self.merge(length, value.span)
            }
        }
        if isHead || status.isBodiless {
            body = .none
        } else if codings > 0 {
            body = .chunked
        } else if let length {
            body = length == 0 ? .none : .length(length)
        } else {
            body = .untilClose
        }
        // RFC 9112 §6.3: both fields at once may be an attempt at response splitting; this answer is the last.
        let isSuspicious = codings > 0 && length != nil
        keepAlive = persist && !close && !isSuspicious && body != .untilClose
    }

    /// A list of equal numbers counts as one (RFC 9112 §6.3), anything else leaves the frame unknown.
    private static func merge(_ known: Int?, _ value: Span<UInt8>) throws(ResponseError) -> Int? {
        var length = known
        var start = 0
        while let member = ListMember.next(in: value, from: &start) {
            let digits = value.extracting(member)
            guard digits.count > 0, digits.count <= 18 else { throw .malformedContentLength }
            var number = 0
            for index in digits.indices {
                guard ASCII.isDigit(digits[index]) else { throw .malformedContentLength }
                number = number * 10 + Int(digits[index] - 0x30)
            }
            guard length == nil || length == number else { throw .malformedContentLength }
            length = number
        }
        return length
    }
}

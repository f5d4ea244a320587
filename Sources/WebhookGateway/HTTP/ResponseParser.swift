import Verifiers

/// Reads one answer from a connection to another server: head, then body by length, by chunks or to the end.
///
///     var parser = ResponseParser(isHead: request.method == .head, maxBodyBytes: 1 << 20)
///     if let response = try parser.received(bytes.span) { … }      // nil: read on
///     let response = try parser.receivedEnd()                      // when the server closes instead
///
/// Interim answers (1xx) are skipped. A body over the limit is cut there and the answer given at once; the connection
/// then cannot be used again.
struct ResponseParser: Sendable {
    private enum Stage {
        case head
        case length(Int)
        case chunked(ChunkedDecoder)
        case untilClose
        case finished
    }

    private static let maxInterimResponses = 8

    private let isHead: Bool
    private let maxBodyBytes: Int
    private var stage = Stage.head
    private var head: [UInt8] = []
    private var headParser = ResponseHeadParser()
    private var interimResponses = 0
    private var headers = HeaderFields([])
    private var keepAlive = false
    private var body: [UInt8] = []

    init(isHead: Bool, maxBodyBytes: Int) {
        self.isHead = isHead
        self.maxBodyBytes = maxBodyBytes
    }

    /// Whether any of the answer has come: if not, the server cannot have begun on the request's answer.
    var hasBegun: Bool {
        if case .head = stage { return !head.isEmpty || interimResponses > 0 }
        return true
    }

    /// Takes the next bytes; returns the answer when it is complete, nil for more bytes.
    mutating func received(_ bytes: Span<UInt8>) throws(ResponseError) -> ClientResponse? {
        guard case .head = stage else { return try readBody(bytes) }
        head.append(span: bytes)
        while let length = try headParser.parse(&head) {
            guard headParser.status.code >= 200 else {
                try skipInterimResponse(length)
                continue
            }
            let rest = Array(head[length...])
            head.removeSubrange(length...)
            try beginBody()
            return try readBody(rest.span)
        }
        return nil
    }

    /// The server has closed: an answer without a length is now complete, any other is broken.
    mutating func receivedEnd() throws(ResponseError) -> ClientResponse {
        guard case .untilClose = stage else { throw hasBegun ? .endedEarly : .closedBeforeResponse }
        return finish(isTruncated: false)
    }

    /// Takes out what has come of a 200's body, for whoever does not wait for all of it; of other answers nothing.
    mutating func takeBody() -> [UInt8] {
        if case .head = stage { return [] }
        guard headParser.status.code == 200 else { return [] }
        defer { body = [] }
        return body
    }

    private mutating func skipInterimResponse(_ length: Int) throws(ResponseError) {
        // RFC 9110 §15.2.2: 101 only follows an Upgrade, which is never asked for.
        guard headParser.status.code != 101 else { throw .unexpectedUpgrade }
        interimResponses += 1
        guard interimResponses <= Self.maxInterimResponses else { throw .tooManyInterimResponses }
        head.removeSubrange(..<length)
        headParser = ResponseHeadParser()
    }

    private mutating func beginBody() throws(ResponseError) {
        headers = HeaderFields(bytes: head[...], fields: headParser.fields)
        let framing = try ResponseFraming(
            headers, status: headParser.status, version: headParser.version, isHead: isHead)
        keepAlive = framing.keepAlive
        switch framing.body {
        case .none: stage = .length(0)
        case .length(let length): stage = .length(length)
        case .chunked: stage = .chunked(ChunkedDecoder(maxBodyBytes: .max))
        case .untilClose: stage = .untilClose
        }
    }

    private mutating func readBody(_ bytes: Span<UInt8>) throws(ResponseError) -> ClientResponse? {
        switch stage {
        case .head, .finished:
            preconditionFailure("one parser reads one answer")
        case .length(let remaining):
            let count = min(remaining, bytes.count)
            guard !append(bytes.extracting(0..<count)) else { return finish(isTruncated: true) }
            stage = .length(remaining - count)
            return remaining == count ? complete(surplus: bytes.count - count) : nil
        case .chunked(var decoder):
            var used = 0
            do throws(ChunkedError) {
                used = try decoder.decode(bytes, into: &body)
            } catch {
                // Past the limit nobody reads on: whether the mistake came along must make no difference.
                guard body.count > maxBodyBytes else { throw .chunked(error) }
            }
            guard body.count <= maxBodyBytes else {
                body.removeSubrange(maxBodyBytes...)
                return finish(isTruncated: true)
            }
            stage = .chunked(decoder)
            return decoder.isFinished ? complete(surplus: bytes.count - used) : nil
        case .untilClose:
            return append(bytes) ? finish(isTruncated: true) : nil
        }
    }

    /// Appends to the body up to its limit; true when there was more.
    private mutating func append(_ bytes: Span<UInt8>) -> Bool {
        let room = maxBodyBytes - body.count
        body.append(span: bytes.extracting(0..<min(room, bytes.count)))
        return bytes.count > room
    }

    /// The answer is whole; bytes after it were not asked for, so the connection cannot be trusted with another.
    private mutating func complete(surplus: Int) -> ClientResponse {
        if surplus > 0 { keepAlive = false }
        return finish(isTruncated: false)
    }

    private mutating func finish(isTruncated: Bool) -> ClientResponse {
        stage = .finished
        return ClientResponse(
            status: headParser.status, headers: headers, body: body, isTruncated: isTruncated,
            keepAlive: keepAlive && !isTruncated)
    }
}

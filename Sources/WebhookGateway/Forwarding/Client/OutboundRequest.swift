/// A request to another server; `HTTPClient` adds Host, Content-Length and User-Agent.
struct OutboundRequest: Sendable {
    var method: HTTPMethod
    var url: OutboundURL
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(
        _ method: HTTPMethod = .post, _ url: OutboundURL, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// What is asked, for people and records: no query, no header, no body.
    var summary: String { "\(method.name) \(url)" }

    /// The request as it goes over the wire (RFC 9112 §3).
    ///
    /// A header that could not be sent as one line is refused: a CR or LF in it would let whoever wrote the value write
    /// further headers, or another request.
    func encoded(userAgent: String) throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + body.count)
        func line(_ name: String, _ value: String) {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            bytes.append(contentsOf: value.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "\(method.name) \(url.target) HTTP/1.1\r\n".utf8)
        line("Host", url.authority)
        line("User-Agent", userAgent)
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(ASCII.isTokenCharacter) else {
                throw .invalidRequest("a header's name is empty or holds characters that are not allowed in one")
            }
            guard value.utf8.allSatisfy(ASCII.isFieldValueCharacter) else {
                throw .invalidRequest("the value of the header \(name) holds control characters")
            }
            line(name, value)
        }
        line("Content-Length", String(body.count))
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: body)
        return bytes
    }
}

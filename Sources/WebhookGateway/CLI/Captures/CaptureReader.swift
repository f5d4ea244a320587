/// Reads a file of captured requests: one as `.http` text, or any number as JSON lines.
enum CaptureReader {
    /// The requests in order; one that cannot be read is in its place with the reason.
    static func requests(in bytes: [UInt8]) -> [Result<CapturedRequest, UnreadableCapture>] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = bytes.first(where: { !isSpace($0) }) else { return [] }
        guard first == UInt8(ascii: "{") else {
            return [Result { () throws(UnreadableCapture) in try HTTPCapture.read(bytes[...]) }]
        }
        return bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.allSatisfy(isSpace) }.map { line in
            Result { () throws(UnreadableCapture) in try JSONCapture.read(line) }
        }
    }
}

/// A request as text: start line, header fields, blank line, raw body. Line ends may be CR LF or LF.
enum HTTPCapture {
    static func read(_ bytes: ArraySlice<UInt8>) throws(UnreadableCapture) -> CapturedRequest {
        var rest = bytes
        var line = takeLine(&rest)
        // Request files of editors begin with comments, and a paste often with an empty line.
        while let text = line, text.isEmpty || text.hasPrefix("#") || text.hasPrefix("//") { line = takeLine(&rest) }
        guard let start = line else { throw UnreadableCapture("the capture is empty") }
        var request = CapturedRequest()
        let words = start.split(separator: " ")
        guard words.count >= 2, words.count == 2 || words[2].hasPrefix("HTTP/") else {
            throw UnreadableCapture(
                "the first line \(TextRule.quoted(start)) is not a start line such as \"POST /webhooks/stripe HTTP/1.1\""
            )
        }
        request.method = words[0].uppercased()
        request.target = CapturedRequest.target(of: String(words[1]))
        while let text = takeLine(&rest), !text.isEmpty {
            guard let colon = text.firstIndex(of: ":") else {
                throw UnreadableCapture(
                    "the header line \(TextRule.quoted(text)) has no colon; a blank line comes before the body")
            }
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            request.headers.append((String(text[..<colon]), trimmed(value)))
        }
        request.body = Array(rest)
        cutToLength(&request)
        return request
    }

    /// Editors add a line end to the last line of a file; Content-Length tells that it is not the body's.
    private static func cutToLength(_ request: inout CapturedRequest) {
        guard let field = request.headers.first(where: { $0.name.lowercased() == "content-length" }),
            let length = Int(field.value), length >= 0, length < request.body.count,
            request.body[length...].allSatisfy({ $0 == 0x0A || $0 == 0x0D })
        else { return }
        request.body.removeSubrange(length...)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    private static func takeLine(_ bytes: inout ArraySlice<UInt8>) -> String? {
        guard !bytes.isEmpty else { return nil }
        let end = bytes.firstIndex(of: 0x0A) ?? bytes.endIndex
        var line = bytes[bytes.startIndex..<end]
        if line.last == 0x0D { line.removeLast() }
        bytes = end < bytes.endIndex ? bytes[(end + 1)...] : []
        return String(decoding: line, as: UTF8.self)
    }
}

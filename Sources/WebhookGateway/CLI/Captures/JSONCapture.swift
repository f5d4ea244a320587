import Verifiers

/// A request as one line of JSON:
/// `{"method","url","headers":[[name,value],…],"body_base64","peer_ip","now"}`.
enum JSONCapture {
    static func read(_ line: ArraySlice<UInt8>) throws(UnreadableCapture) -> CapturedRequest {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(line)
        } catch {
            throw UnreadableCapture("the line is \(error)")
        }
        guard document.kind(of: .root) == .object else { throw UnreadableCapture("the line is not a JSON object") }
        var request = CapturedRequest()
        if let method = try text("method", in: document) { request.method = method.uppercased() }
        if let url = try text("url", in: document) { request.target = CapturedRequest.target(of: url) }
        request.headers = try headers(in: document)
        if let encoded = try text("body_base64", in: document) {
            guard let body = Base64.decode(Array(encoded.utf8)[...]) else {
                throw UnreadableCapture("\"body_base64\" is not Base64")
            }
            request.body = body
        }
        if let address = try text("peer_ip", in: document) {
            guard let peer = IPAddress(address) else {
                throw UnreadableCapture("\"peer_ip\" \(TextRule.quoted(address)) is not an IP address")
            }
            request.peer = peer
        }
        request.arrival = try seconds(in: document)
        return request
    }

    /// The request as such a line.
    static func line(_ request: CapturedRequest) -> [UInt8] {
        var line: [UInt8] = Array(#"{"method":"#.utf8)
        JSONWriter.append(request.method, to: &line)
        line.append(contentsOf: #","url":"#.utf8)
        JSONWriter.append(request.target, to: &line)
        line.append(contentsOf: #","headers":["#.utf8)
        for (index, header) in request.headers.enumerated() {
            line.append(contentsOf: (index > 0 ? ",[" : "[").utf8)
            JSONWriter.append(header.name, to: &line)
            line.append(UInt8(ascii: ","))
            JSONWriter.append(header.value, to: &line)
            line.append(UInt8(ascii: "]"))
        }
        line.append(contentsOf: #"],"body_base64":""#.utf8)
        line.append(contentsOf: Base64.encode(request.body[...]))
        line.append(UInt8(ascii: "\""))
        if let arrival = request.arrival {
            line.append(contentsOf: #","now":"#.utf8)
            JSONWriter.append(arrival, to: &line)
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    private static func text(
        _ name: StaticString, in document: JSONDocument
    ) throws(UnreadableCapture) -> String? {
        guard let node = document.member(name), !document.isNull(node) else { return nil }
        guard let text = document.string(of: node) else { throw UnreadableCapture("\"\(name)\" is not a text") }
        return text
    }

    /// An array of pairs, or an object.
    private static func headers(
        in document: JSONDocument
    ) throws(UnreadableCapture) -> [(name: String, value: String)] {
        guard let node = document.member("headers"), !document.isNull(node) else { return [] }
        let isObject = document.kind(of: node) == .object
        guard isObject || document.kind(of: node) == .array else {
            throw UnreadableCapture("\"headers\" is not an array of [name, value]")
        }
        var headers: [(name: String, value: String)] = []
        for child in document.children(of: node) {
            let name = isObject ? document.name(of: child) : document.string(of: document.element(0, of: child))
            let value = document.string(of: isObject ? child : document.element(1, of: child))
            guard let name, let value else {
                throw UnreadableCapture("\"headers\" holds something else than [name, value]")
            }
            headers.append((name, value))
        }
        return headers
    }

    /// Unix seconds; a fraction is dropped.
    private static func seconds(in document: JSONDocument) throws(UnreadableCapture) -> Int64? {
        guard let node = document.member("now"), !document.isNull(node) else { return nil }
        let whole = document.text(of: node).prefix { $0 != UInt8(ascii: ".") }
        guard document.kind(of: node) == .number, let seconds = Int64(String(decoding: whole, as: UTF8.self)) else {
            throw UnreadableCapture("\"now\" is not a number of Unix seconds")
        }
        return seconds
    }
}

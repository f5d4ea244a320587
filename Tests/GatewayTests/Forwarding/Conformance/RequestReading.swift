import Verifiers

@testable import WebhookGateway

extension String {
    /// Whether it is the key of the event with that id: the id itself, or a forced replay's.
    func isDeduplicationKey(of id: String) -> Bool {
        self == id || hasPrefix("\(id)-r") && UInt32(dropFirst(id.count + 2)) != nil
    }
}

/// What imitations check requests with.
extension FakeHTTPServer.Received {
    var path: String { String(target.prefix { $0 != "?" }) }

    /// A parameter of the query, decoded.
    func query(_ name: String) -> String? {
        QueryString.value(of: Array(name.utf8), in: Array(target.utf8)[...]).map {
            String(decoding: PercentEncoding.decode($0, plusIsSpace: true), as: UTF8.self)
        }
    }

    /// A field of a form in the body, decoded.
    func form(_ name: String) -> String? {
        QueryString.value(of: Array(name.utf8), in: Array("/?\(text)".utf8)[...]).map {
            String(decoding: PercentEncoding.decode($0, plusIsSpace: true), as: UTF8.self)
        }
    }

    func require(_ method: String, _ path: String) throws(Violation) {
        guard self.method == method, self.path == path else {
            throw Violation("\(self.method) \(self.path) instead of \(method) \(path)")
        }
    }

    func require(header name: String, _ value: String) throws(Violation) {
        guard headers[name.lowercased()] == value else {
            throw Violation("\(name) is \(headers[name.lowercased()] ?? "absent") instead of \(value)")
        }
    }

    func requireBasic(_ user: String, _ password: String) throws(Violation) {
        let pair = Base64.encode(Array("\(user):\(password)".utf8)[...])
        try require(header: "Authorization", "Basic \(String(decoding: pair, as: UTF8.self))")
    }

    func require(atMost bytes: Int) throws(Violation) {
        guard body.count <= bytes else { throw Violation("\(body.count) bytes of at most \(bytes)") }
    }

    /// The body as JSON.
    func json() throws(Violation) -> JSONCursor { try JSONCursor(body, name: "body") }
}

/// A place in a JSON document that complains when something is not as it must be.
struct JSONCursor {
    let document: JSONDocument
    let node: JSONDocument.Node
    let name: String

    init(_ bytes: [UInt8], name: String) throws(Violation) {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(bytes[...])
        } catch {
            throw Violation("\(name) is \(error)")
        }
        self.init(document, .root, name)
    }

    private init(_ document: JSONDocument, _ node: JSONDocument.Node, _ name: String) {
        self.document = document
        self.node = node
        self.name = name
    }

    /// The value's JSON.
    var text: String { String(decoding: document.text(of: node), as: UTF8.self) }

    func optional(_ member: String) -> JSONCursor? {
        document.member(named: member, of: node).map { JSONCursor(document, $0, "\(name).\(member)") }
    }

    func member(_ member: String) throws(Violation) -> JSONCursor {
        guard let found = optional(member) else { throw Violation("\(name).\(member) is missing") }
        return found
    }

    func string(_ member: String, atMost bytes: Int = .max) throws(Violation) -> String {
        guard let text = document.string(of: try self.member(member).node) else {
            throw Violation("\(name).\(member) is no text")
        }
        guard text.utf8.count <= bytes else { throw Violation("\(name).\(member) is longer than \(bytes)") }
        return text
    }

    func integer(_ member: String) throws(Violation) -> Int64 {
        guard let number = document.integer(of: try self.member(member).node) else {
            throw Violation("\(name).\(member) is no whole number")
        }
        return number
    }

    /// A number's digits.
    func number(_ member: String) throws(Violation) -> String {
        let value = try self.member(member)
        guard document.kind(of: value.node) == .number else { throw Violation("\(name).\(member) is no number") }
        return value.text
    }

    func elements(_ range: ClosedRange<Int>) throws(Violation) -> [JSONCursor] {
        guard document.kind(of: node) == .array else { throw Violation("\(name) is no list") }
        let elements = document.children(of: node).enumerated().map { JSONCursor(document, $1, "\(name)[\($0)]") }
        guard range.contains(elements.count) else {
            throw Violation("\(name) has \(elements.count) elements, not \(range.lowerBound) to \(range.upperBound)")
        }
        return elements
    }

    func requireNoNulls() throws(Violation) {
        for child in document.children(of: node) {
            guard document.kind(of: child) != .null else {
                throw Violation("\(name).\(document.name(of: child) ?? "[]") is null")
            }
        }
    }
}

/// What a provider signs: a text put together from parts of the request, as bytes.
public struct SignedText: Sendable, Equatable {
    /// A part.
    public enum Part: Sendable, Equatable {
        case literal([UInt8])
        case body
        case timestamp
        case id
        /// The configured notification URL, byte for byte.
        case url
        /// The configured notification URL, with the request's query if it has none of its own.
        case requestURL
        /// The same with some escapes resolved, as HubSpot does for its version 3.
        case decodedRequestURL
        case method
        /// The path of the request as it came.
        case path
        /// The query of the request as it came, without the question mark.
        case query
        case value(Place)
        /// The key itself, for a plain hash.
        case secret
        /// Each form field, sorted by name: name and decoded value without anything between (Mandrill, Twilio).
        case sortedForm
        /// CRC-32 of the body as a decimal number (PayPal).
        case crc32
        /// SHA-256 of the body in hex.
        case sha256
    }

    /// Why a template is none.
    public struct Malformed: Error, Equatable, Sendable {
        /// What is wrong, for a person.
        public var reason: String
    }

    /// The parts in order.
    public var parts: [Part]

    /// Makes a text of parts.
    public init(parts: [Part]) { self.parts = parts }

    /// The names that stand in braces.
    public static let names = [
        "body", "timestamp", "id", "url", "requestURL", "requestURL:decoded", "method", "path", "query", "secret",
        "form:sorted", "crc32:body", "sha256:body",
    ]

    /// Reads a template such as "{id}.{timestamp}.{body}".
    public init(template: String) throws(Malformed) {
        parts = []
        for piece in try TemplatePieces.read(template) {
            switch piece {
            case .literal(let text): parts.append(.literal(Array(text.utf8)))
            case .name(let name): parts.append(try Self.part(name))
            }
        }
    }

    private static func part(_ name: String) throws(Malformed) -> Part {
        switch name {
        case "body": return .body
        case "timestamp": return .timestamp
        case "id": return .id
        case "url": return .url
        case "requestURL": return .requestURL
        case "requestURL:decoded": return .decodedRequestURL
        case "method": return .method
        case "path": return .path
        case "query": return .query
        case "secret": return .secret
        case "form:sorted": return .sortedForm
        case "crc32:body": return .crc32
        case "sha256:body": return .sha256
        default: break
        }
        let text = name.hasPrefix("body:") ? String(name.dropFirst(5)) : name
        if let place = Place(text) { return .value(place) }
        throw Malformed(
            reason: "{\(name)} is not known: there are \(names.map { "{\($0)}" }.joined(separator: " ")), "
                + "{header:NAME}, {query:NAME}, {form:NAME}, {body:/pointer}")
    }

    /// Whether it holds the body, or something that stands for all of it.
    public var coversBody: Bool {
        parts.contains { [.body, .sortedForm, .crc32, .sha256].contains($0) }
    }

    /// Whether it needs the notification URL.
    public var usesURL: Bool {
        parts.contains { [.url, .requestURL, .decodedRequestURL].contains($0) }
    }
}

/// A template's literal texts and the names in its braces.
enum TemplatePieces {
    enum Piece {
        case literal(String)
        case name(String)
    }

    static func read(_ template: String) throws(SignedText.Malformed) -> [Piece] {
        guard template.utf8.count <= 1024 else { throw SignedText.Malformed(reason: "longer than 1024 bytes") }
        var pieces: [Piece] = []
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { pieces.append(.literal(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw SignedText.Malformed(reason: "a '{' is not closed")
            }
            pieces.append(.name(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.literal(String(rest))) }
        return pieces
    }
}

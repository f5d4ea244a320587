/// What an event is told by: several ways to a text, of which the first that has one counts.
public struct Expression: Sendable, Equatable {
    /// A part of a text.
    public enum Part: Sendable, Equatable {
        case literal(String)
        /// A value of the event; an optional one that is missing is empty.
        case item(JSONPointer, isOptional: Bool)
        case header(String, isOptional: Bool)
        /// SHA-256 of the event, minified.
        case itemHash
        /// SHA-256 of the body as it came.
        case bodyHash
        /// What follows the last of some characters in a value (`Opportunity` of `sf:Opportunity`).
        case suffix(JSONPointer, after: Character)
    }

    /// One way to a text.
    public struct Alternative: Sendable, Equatable {
        /// Values of the event that must be there, or be some texts.
        public var conditions: [PlaceCondition] = []
        /// The text's parts; without one of them there is no text.
        public var parts: [Part]

        /// Makes a way.
        public init(conditions: [PlaceCondition] = [], parts: [Part]) {
            self.conditions = conditions
            self.parts = parts
        }
    }

    /// The ways, the preferred first.
    public var alternatives: [Alternative]

    /// Makes an expression.
    public init(alternatives: [Alternative]) { self.alternatives = alternatives }

    /// Reads "/pointer", "header:NAME" or a template with them in braces; a `?` at the end of a name makes it optional.
    public static func parts(of text: String) throws(SignedText.Malformed) -> [Part] {
        if !text.contains("{") {
            if text.hasPrefix("/") || text.hasPrefix("header:") { return [try part(text)] }
            return [.literal(text)]
        }
        var parts: [Part] = []
        for piece in try TemplatePieces.read(text) {
            switch piece {
            case .literal(let text): parts.append(.literal(text))
            case .name(let name): parts.append(try part(name))
            }
        }
        return parts
    }

    private static func part(_ written: String) throws(SignedText.Malformed) -> Part {
        let isOptional = written.hasSuffix("?")
        let name = isOptional ? String(written.dropLast()) : written
        switch name {
        case "sha256:event": return .itemHash
        case "sha256:body": return .bodyHash
        default: break
        }
        if name.hasPrefix("after:"), let pointer = JSONPointer(String(name.dropFirst(8))), pointer.stars == 0,
            let character = name.dropFirst(6).first, name.dropFirst(7).first == ":"
        {
            return .suffix(pointer, after: character)
        }
        switch Place(name) {
        case .body(let pointer)?: return .item(pointer, isOptional: isOptional)
        case .header(let header)?: return .header(header, isOptional: isOptional)
        case .query, .form, .field, nil: break
        }
        throw SignedText.Malformed(
            reason: "{\(written)} is not known: there are {/pointer}, {header:NAME}, {sha256:event}, {sha256:body}, "
                + "each optional with a '?' at its end, and {after:X:/pointer}")
    }

    /// Longer texts than this are cut: what a provider calls a type, a subject or an id is short.
    static let maximumLength = 4096

    /// The text for one event; nil when no alternative has one.
    func text(of event: JSONDocument.Node, in document: JSONDocument, _ delivery: Delivery) -> String? {
        for alternative in alternatives where alternative.holds(event, document, delivery) {
            if let text = alternative.text(of: event, in: document, delivery), !text.isEmpty { return text }
        }
        return nil
    }
}

extension Expression.Alternative {
    fileprivate func holds(_ event: JSONDocument.Node, _ document: JSONDocument, _ delivery: Delivery) -> Bool {
        conditions.allSatisfy { condition in
            switch condition.place {
            case .body(let pointer):
                let node = pointer.resolve(in: document, from: event).flatMap { document.isNull($0) ? nil : $0 }
                guard let node else { return !condition.isPresent }
                guard condition.isPresent else { return false }
                guard let texts = condition.texts else { return true }
                return document.plainText(of: node).map { text in texts.contains { text.elementsEqual($0.utf8) } }
                    ?? false
            case .header(let name):
                guard let value = delivery.headers.first(named: name) else { return !condition.isPresent }
                guard condition.isPresent else { return false }
                return condition.texts?.contains { value.elementsEqual($0.utf8) } ?? true
            case .query, .form, .field: return false
            }
        }
    }

    fileprivate func text(of event: JSONDocument.Node, in document: JSONDocument, _ delivery: Delivery) -> String? {
        var output: [UInt8] = []
        for part in parts {
            switch part {
            case .literal(let text): output.append(contentsOf: text.utf8)
            case .item(let pointer, let isOptional):
                let value = pointer.resolve(in: document, from: event).flatMap(document.plainText(of:))
                guard value != nil || isOptional else { return nil }
                output.append(contentsOf: value ?? [])
            case .header(let name, let isOptional):
                let value = delivery.headers.first(named: name).flatMap { $0.isEmpty ? nil : $0 }
                guard value != nil || isOptional else { return nil }
                output.append(contentsOf: value ?? [])
            case .itemHash:
                var text: [UInt8] = []
                document.appendMinified(event, to: &text)
                output.append(contentsOf: SHA256Hash.hex(of: text[...]).utf8)
            case .bodyHash: output.append(contentsOf: SHA256Hash.hex(of: delivery.body).utf8)
            case .suffix(let pointer, let character):
                guard let value = pointer.resolve(in: document, from: event).flatMap(document.plainText(of:)) else {
                    return nil
                }
                let text = String(decoding: value, as: UTF8.self)
                output.append(contentsOf: (text.split(separator: character).last.map(String.init) ?? text).utf8)
            }
        }
        return String(decoding: output.prefix(Expression.maximumLength), as: UTF8.self)
    }
}

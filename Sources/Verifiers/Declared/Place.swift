/// Where in a request a value is found.
public enum Place: Sendable, Equatable {
    /// A header field, by its name in any case.
    case header(String)
    /// A parameter of the URL's query, decoded.
    case query(String)
    /// A field of the form that the body is, decoded; of a name that comes twice the last counts.
    case form(String)
    /// A value of the JSON body.
    case body(JSONPointer)
    /// A pair of the signature header (`t` of `t=…,v1=…`).
    case field(String)

    /// Reads "header:X-Signature", "query:token", "form:token", "field:t" or a JSON pointer; nil for anything else.
    public init?(_ text: String) {
        if text.isEmpty || text.hasPrefix("/") {
            guard let pointer = JSONPointer(text), pointer.stars == 0 else { return nil }
            self = .body(pointer)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "header": self = .header(parts[1])
        case "query": self = .query(parts[1])
        case "form": self = .form(parts[1])
        case "field": self = .field(parts[1])
        default: return nil
        }
    }

    /// The place in words, for a person.
    var title: String {
        switch self {
        case .header(let name): "the header \(name)"
        case .query(let name): "the query parameter '\(name)'"
        case .form(let name): "the form field '\(name)'"
        case .body(let pointer): "the field \(pointer.text) of the body"
        case .field(let name): "'\(name)' in the signature header"
        }
    }
}

/// What must hold at a place: it is there (or not), or its text is one of some.
public struct PlaceCondition: Sendable, Equatable {
    /// Where to look.
    public var place: Place
    /// The texts that will do; nil: any.
    public var texts: [String]?
    /// Whether the value must be there; false: it must not.
    public var isPresent: Bool

    /// Makes a condition.
    public init(place: Place, texts: [String]?, isPresent: Bool = true) {
        self.place = place
        self.texts = texts
        self.isPresent = isPresent
    }

    func holds(in request: RequestValues) -> Bool {
        guard let value = request.value(at: place) else { return !isPresent }
        guard isPresent else { return false }
        return texts?.contains { value.elementsEqual($0.utf8) } ?? true
    }
}

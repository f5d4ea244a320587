/// The types of payloads as a programming language may say them: records with members, lists, maps, unions.
struct PayloadModel: Sendable {
    /// What stands in a place. `nullable` and `union` are never inside one another.
    indirect enum Kind: Equatable, Sendable {
        case record(Record)
        case list(Kind)
        case map(Kind)
        case string, integer, number, boolean
        /// At least two, none of them null.
        case union([Kind])
        /// The value, or null.
        case nullable(Kind)
        /// Nothing is known but that it is JSON.
        case unknown
    }

    struct Record: Equatable, Sendable {
        /// The words that name it, outermost first: the provider's type, then the names on the way to it.
        var words: [String]
        /// By name.
        var members: [Member]
    }

    struct Member: Equatable, Sendable {
        var name: String
        var kind: Kind
        /// Whether it may be missing.
        var isOptional: Bool
    }

    /// One provider type's payload.
    struct Root: Equatable, Sendable {
        var type: String
        var kind: Kind
        var samples: Int

        /// The word that names it.
        var word: String { type.isEmpty ? "payload" : type }
    }

    var source: String
    var roots: [Root]

    /// - Parameter shapes: by the provider's type.
    init(source: String, shapes: [String: PayloadShape]) {
        self.source = source
        roots = shapes.sorted { $0.key < $1.key }.map { type, shape in
            Root(
                type: type, kind: Self.content(of: shape.root, in: shape, words: [type.isEmpty ? "payload" : type]),
                samples: shape.samples)
        }
    }

    private static func content(of field: PayloadShape.Field, in shape: PayloadShape, words: [String]) -> Kind {
        let kinds = field.allKinds
        var choices: [Kind] = []
        if kinds.contains(.object) { choices.append(object(field, in: shape, words: words)) }
        if kinds.contains(.array) {
            let element = field.elements.first { $0.count > 0 }
            choices.append(.list(element.map { content(of: $0, in: shape, words: words + ["item"]) } ?? .unknown))
        }
        if kinds.contains(.string) { choices.append(.string) }
        if kinds.contains(.number) {
            choices.append(.number)
        } else if kinds.contains(.integer) {
            choices.append(.integer)
        }
        if kinds.contains(.boolean) { choices.append(.boolean) }
        guard let first = choices.first else { return .unknown }
        let kind = choices.count == 1 ? first : .union(choices)
        return kinds.contains(.null) ? .nullable(kind) : kind
    }

    private static func object(_ field: PayloadShape.Field, in shape: PayloadShape, words: [String]) -> Kind {
        // An object that has members and keys of a map is said by its members.
        guard !field.members.isEmpty else {
            return .map(field.keyed.first.map { content(of: $0, in: shape, words: words + ["value"]) } ?? .unknown)
        }
        let members = field.members.sorted { $0.key < $1.key }.map { name, member in
            Member(
                name: name, kind: content(of: member, in: shape, words: words + [name]),
                isOptional: shape.isOptional(member))
        }
        return .record(Record(words: words, members: members))
    }
}

extension PayloadModel.Kind {
    /// The records in it, not those inside them.
    var records: [PayloadModel.Record] {
        switch self {
        case .record(let record): [record]
        case .list(let kind), .map(let kind), .nullable(let kind): kind.records
        case .union(let kinds): kinds.flatMap(\.records)
        case .string, .integer, .number, .boolean, .unknown: []
        }
    }

    /// Whether something in it, at any depth, meets a condition.
    func contains(_ condition: (Self) -> Bool) -> Bool {
        if condition(self) { return true }
        return switch self {
        case .record(let record): record.members.contains { $0.kind.contains(condition) }
        case .list(let kind), .map(let kind), .nullable(let kind): kind.contains(condition)
        case .union(let kinds): kinds.contains { $0.contains(condition) }
        case .string, .integer, .number, .boolean, .unknown: false
        }
    }
}

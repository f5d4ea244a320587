/// Reads fields: where they come from, their chains of transforms, and lists of items.
struct FieldReader {
    private let problems: MappingProblems
    private let transforms: TransformReader

    init(_ problems: MappingProblems) {
        self.problems = problems
        transforms = TransformReader(problems)
    }

    private static let sourceKeys = ["from", "concat", "separator", "constant", "copy", "transforms"]

    /// All fields of an object, by their dotted targets, with where each stands in the file.
    func tree(_ targets: [String: (value: JSONValue, path: String)], at keyPath: String) -> [TargetNode] {
        let leaves = targets.sorted { $0.key < $1.key }.compactMap { target, field in
            leaf(target, field.value, at: field.path).map { (target: target, leaf: $0) }
        }
        return TargetNode.tree(leaves) { name in
            problems.add(
                "\(keyPath).\(name)", "is both a value and an object of others", "give one of them another name")
        }
    }

    private func leaf(_ target: String, _ value: JSONValue, at keyPath: String) -> TargetNode.Leaf? {
        let isName = target.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") }
        }
        guard isName else {
            problems.add(keyPath, "\"\(target)\" is not a field's name", "as in \"customer.id\"")
            return nil
        }
        if case .object(let members) = value, members["each"] != nil {
            return items(target, value, at: keyPath).map { .items($0) }
        }
        return field(target, value, at: keyPath).map { .field($0) }
    }

    /// `{ each: "lines.data[*]", fields: {…} }`.
    private func items(_ target: String, _ value: JSONValue, at keyPath: String) -> ItemList? {
        guard let object = StrictObject(value, at: keyPath, keys: ["each", "fields", "required"], problems) else {
            return nil
        }
        guard case .object(let members)? = object["fields"] else {
            problems.add(object.path("fields"), "expected the fields of one item", "as in { id: \"id\" }")
            return nil
        }
        let fields = members.reduce(into: [:]) { fields, member in
            fields[member.key] = (value: member.value, path: "\(object.path("fields")).\(member.key)")
        }
        guard let path = path(object["each"] ?? .null, at: object.path("each"), isPlural: true) else { return nil }
        return ItemList(
            target: target, path: path, isRequired: object.boolean("required"),
            members: tree(fields, at: object.path("fields")))
    }

    /// A path, a list of sources, or an object of everything.
    func field(_ target: String, _ value: JSONValue, at keyPath: String, isRequired: Bool = false) -> Field? {
        guard case .object(let members) = value else {
            let sources = sources(value, at: keyPath)
            return sources.isEmpty ? nil : Field(target: target, sources: sources, isRequired: isRequired)
        }
        let keys = Self.sourceKeys + ["required", "default"]
        guard let object = StrictObject(value, at: keyPath, keys: keys, problems) else { return nil }
        let chain = transforms.chain(object)
        let isSingle = members["concat"] != nil || members["constant"] != nil
        let sources =
            isSingle
            ? source(object, chain: []).map { [$0] } ?? []
            : sources(object["from"] ?? .null, at: object.path("from"), copy: object.boolean("copy"), chain: chain)
        if object["required"] != nil, object["default"] != nil, object.boolean("required") {
            problems.add(keyPath, "has a default and is required", "take one of the two out")
        }
        let required = object["required"] == nil ? isRequired && object["default"] == nil : object.boolean("required")
        return Field(
            target: target, sources: sources, transforms: chain, isRequired: required,
            fallback: object.constant("default"))
    }

    /// A path, a source object, or a list of both; `chain` tells what shape the value must have.
    private func sources(
        _ value: JSONValue, at keyPath: String, copy: Bool = false, chain: [Transform] = []
    ) -> [FieldSource] {
        switch value {
        case .text(let text) where text.hasPrefix("@"):
            return source(event: text, at: keyPath).map { [$0] } ?? []
        case .text:
            guard let path = path(value, at: keyPath) else { return [] }
            let shape = shape(chain, copy: copy)
            return ([path] + elements(of: path, chain)).map {
                FieldSource(origin: .path($0), shape: shape, transforms: [])
            }
        case .array(let values) where !values.isEmpty:
            return values.enumerated().flatMap { index, value in
                if case .array = value {
                    problems.add("\(keyPath)[\(index)]", "a list in a list", "write one list of sources")
                    return [FieldSource]()
                }
                return sources(value, at: "\(keyPath)[\(index)]", copy: copy, chain: chain)
            }
        case .object:
            guard let object = StrictObject(value, at: keyPath, keys: Self.sourceKeys, problems) else { return [] }
            let own = transforms.chain(object)
            return source(object, chain: own).map { [$0] } ?? []
        case .null, .boolean, .integer, .decimal, .array:
            problems.add(
                keyPath, "expected a path, found \(value.kind)",
                "as in \"customer.id\" or [\"customer.id\", \"customer\"]")
            return []
        }
    }

    /// One of `from`, `concat` and `constant`.
    private func source(_ object: StrictObject, chain: [Transform]) -> FieldSource? {
        let kinds = ["from", "concat", "constant"].filter { object[$0] != nil }
        guard kinds.count == 1 else {
            problems.add(
                object.keyPath, "expected exactly one of \"from\", \"concat\" and \"constant\"", "take the others out")
            return nil
        }
        if object["separator"] != nil, object["concat"] == nil {
            problems.add(object.path("separator"), "belongs to \"concat\"", "take it out")
        }
        if object["concat"] != nil {
            let paths = object.list("concat").compactMap { path($0.value, at: $0.path, isPlural: false) }
            let separator = Array((object.text("separator") ?? "").utf8)
            return FieldSource(origin: .concat(paths, separator: separator), shape: .scalar, transforms: chain)
        }
        if object["constant"] != nil {
            return object.constant("constant").map {
                FieldSource(origin: .constant($0), shape: .scalar, transforms: chain)
            }
        }
        if let text = object["from"]?.plainText, text.hasPrefix("@") {
            return source(event: text, at: object.path("from")).map {
                FieldSource(origin: $0.origin, shape: .scalar, transforms: chain)
            }
        }
        guard let path = path(object["from"] ?? .null, at: object.path("from")) else { return nil }
        let shape = shape(chain, copy: object.boolean("copy"))
        return FieldSource(origin: .path(path), shape: shape, transforms: chain)
    }

    /// `@type` and the like.
    private func source(event text: String, at keyPath: String) -> FieldSource? {
        if let attribute = FieldSource.EventAttribute(rawValue: String(text.dropFirst())) {
            return FieldSource(origin: .event(attribute), shape: .scalar, transforms: [])
        }
        let names = FieldSource.EventAttribute.allCases.map { "@\($0.rawValue)" }
        problems.add(keyPath, "the event has no \(text)", "there are \(names.joined(separator: ", "))")
        return nil
    }

    /// What is joined may be written as the list itself: `tags` for `tags[*]`.
    private func elements(of path: FieldPath, _ chain: [Transform]) -> [FieldPath] {
        let isJoined = chain.contains { if case .join = $0 { true } else { false } }
        guard isJoined, !path.isPlural, let elements = try? FieldPath(parsing: "\(path.text)[*]") else { return [] }
        return [elements]
    }

    private func shape(_ chain: [Transform], copy: Bool) -> FieldSource.Shape {
        if copy { return .any }
        switch chain.first {
        case .minorUnits(.member, _), .majorUnits(.member): return .money
        default: return .scalar
        }
    }

    /// A path; `isPlural` says whether `[*]` must or must not be in it.
    func path(_ value: JSONValue, at keyPath: String, isPlural: Bool? = nil) -> FieldPath? {
        guard case .text(let text) = value else {
            problems.add(keyPath, "expected a path, found \(value.kind)", "as in \"customer.id\"")
            return nil
        }
        do throws(MalformedPath) {
            let path = try FieldPath(parsing: text)
            if let isPlural, isPlural != path.isPlural {
                let message = isPlural ? "the path needs a [*]" : "the path must lead to one value"
                problems.add(
                    keyPath, message, isPlural ? "as in \"lines.data[*]\"" : "write [0] for the first of a list")
                return nil
            }
            return path
        } catch {
            problems.add(keyPath, error.reason, "as in \"lines.data[*].amount\"")
            return nil
        }
    }
}

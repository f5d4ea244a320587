/// Reads chains of transforms: names, or objects of one name and its options.
struct TransformReader {
    private let problems: MappingProblems

    init(_ problems: MappingProblems) {
        self.problems = problems
    }

    /// The names there are, and the options that may stand beside each.
    private static let options: [String: [String]] = [
        "trim": [], "lowercase": [], "uppercase": [], "integer": [], "decimal": [], "boolean": [], "timestamp": [],
        "minorUnits": ["scale"], "majorUnits": [], "sha256": [], "split": ["at"], "join": [],
        "lookup": ["otherwise", "keep"], "concat": [], "mask": [], "constant": [],
    ]

    /// The names of all transforms.
    static var names: [String] { options.keys.sorted() }

    /// The `transforms` of a field or source.
    func chain(_ object: StrictObject) -> [Transform] {
        object.list("transforms").compactMap { value, path in transform(value, at: path) }
    }

    private func transform(_ value: JSONValue, at keyPath: String) -> Transform? {
        let name: String
        let object: StrictObject
        switch value {
        case .text(let text):
            name = text
            object = StrictObject(members: [:], keyPath: keyPath, problems: problems)
        case .object(let members):
            guard let key = members.keys.sorted().first(where: { Self.options[$0] != nil }) else {
                unknown(members.keys.sorted().first ?? "", at: keyPath)
                return nil
            }
            name = key
            let keys = [key] + (Self.options[key] ?? [])
            guard let strict = StrictObject(value, at: keyPath, keys: keys, problems) else { return nil }
            object = strict
        case .null, .boolean, .integer, .decimal, .array:
            problems.add(
                keyPath, "expected a transform, found \(value.kind)", "as in \"lowercase\" or { split: \",\" }")
            return nil
        }
        return transform(name, object, at: keyPath)
    }

    private func transform(_ name: String, _ object: StrictObject, at keyPath: String) -> Transform? {
        switch name {
        case "trim": return .trim
        case "lowercase": return .lowercase(from: letterCase(name, object))
        case "uppercase": return .uppercase(from: letterCase(name, object))
        case "integer": return .integer
        case "decimal": return .decimal
        case "boolean": return .boolean
        case "sha256": return .sha256
        case "timestamp": return .timestamp(choice(name, object, default: .seconds))
        case "minorUnits":
            return currency(name, object).map { .minorUnits($0, choice("scale", object, default: .iso)) }
        case "majorUnits": return currency(name, object).map { .majorUnits($0) }
        case "split":
            let place = object["at"] == nil ? nil : object.integer("at", default: 0)
            guard let separator = separator(name, object, default: ",") else { return nil }
            return .split(separator: separator, at: place)
        case "join": return separator(name, object, default: "").map { .join(separator: $0) }
        case "lookup": return lookup(object)
        case "concat": return concat(object)
        case "mask": return .mask(mask(object))
        case "constant":
            if object["constant"] == nil { problems.add(keyPath, "needs a value", "as in { constant: \"web\" }") }
            return object.constant("constant").map { .constant($0) }
        default:
            unknown(name, at: keyPath)
            return nil
        }
    }

    private func unknown(_ name: String, at keyPath: String) {
        let names = Self.names
        let guess = NearestName.to(name, among: names).map { "did you mean \"\($0)\"?" }
        problems.add(
            keyPath, "there is no transform \"\(name)\"", guess ?? "there are \(names.joined(separator: ", "))")
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, _ object: StrictObject, default fallback: Choice
    ) -> Choice {
        guard let text = object.text(key) else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        problems.add(object.path(key), "\"\(text)\" is not a choice", "choose one of \(choices)")
        return fallback
    }

    /// `{ from: "uppercase" }`, or nothing.
    private func letterCase(_ name: String, _ object: StrictObject) -> Transform.LetterCase? {
        guard let value = object[name],
            let inner = StrictObject(value, at: object.path(name), keys: ["from"], problems)
        else { return nil }
        guard inner["from"] != nil else {
            problems.add(inner.keyPath, "says nothing", "as in { \(name): { from: \"uppercase\" } }")
            return nil
        }
        return choice("from", inner, default: .uppercase)
    }

    /// A path to the currency, `{ code: "EUR" }`, or nothing: the value holds both.
    private func currency(_ name: String, _ object: StrictObject) -> Transform.Currency? {
        guard let value = object[name] else { return .member }
        if case .object = value {
            guard let inner = StrictObject(value, at: object.path(name), keys: ["code"], problems) else { return nil }
            if let code = CurrencyCode(Array((inner.text("code") ?? "").utf8)) { return .code(code) }
            problems.add(inner.path("code"), "expected a currency's code", "as in { code: \"EUR\" }")
            return nil
        }
        return FieldReader(problems).path(value, at: object.path(name), isPlural: false).map { .path($0) }
    }

    private func separator(_ name: String, _ object: StrictObject, default fallback: String) -> [UInt8]? {
        let text = object.text(name) ?? fallback
        if name == "split", text.isEmpty {
            problems.add(object.path(name), "the separator is empty", "as in { split: \",\" }")
            return nil
        }
        return Array(text.utf8)
    }

    private func lookup(_ object: StrictObject) -> Transform? {
        guard case .object(let members)? = object["lookup"] else {
            problems.add(object.path("lookup"), "expected a table", "as in { lookup: { Create: \"created\" } }")
            return nil
        }
        var entries: [[UInt8]: Constant] = [:]
        for (key, value) in members {
            guard let constant = Constant(value) else {
                problems.add(
                    "\(object.path("lookup")).\(key)", "expected a single value, found \(value.kind)", "write one text")
                continue
            }
            entries[Array(key.utf8)] = constant
        }
        let otherwise: LookupTable.Otherwise
        switch object["otherwise"] {
        case nil: otherwise = object.boolean("keep") ? .keep : .fail
        case .null?: otherwise = .leaveOut
        case .some: otherwise = object.constant("otherwise").map { .constant($0) } ?? .fail
        }
        return .lookup(LookupTable(entries: entries, otherwise: otherwise))
    }

    private func concat(_ object: StrictObject) -> Transform? {
        guard
            let texts = StrictObject(
                object["concat"] ?? .null, at: object.path("concat"), keys: ["before", "after"], problems)
        else { return nil }
        let (before, after) = (texts.text("before") ?? "", texts.text("after") ?? "")
        return .concat(before: Array(before.utf8), after: Array(after.utf8))
    }

    /// A number of characters to keep at the end, or `{ keepFirst, keepLast, with }`.
    private func mask(_ object: StrictObject) -> Mask {
        var mask = Mask()
        guard let value = object["mask"] else { return mask }
        if case .object = value {
            guard
                let inner = StrictObject(
                    value, at: object.path("mask"), keys: ["keepFirst", "keepLast", "with"], problems)
            else { return mask }
            mask.keepFirst = max(0, inner.integer("keepFirst", default: 0))
            mask.keepLast = max(0, inner.integer("keepLast", default: 0))
            if let text = inner.text("with"), let character = text.first { mask.character = character }
        } else {
            mask.keepLast = max(0, object.integer("mask", default: 4))
        }
        return mask
    }
}

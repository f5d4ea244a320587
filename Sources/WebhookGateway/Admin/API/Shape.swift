import Verifiers

/// What a value of the API looks like: checks what comes in, and describes itself in the OpenAPI document.
indirect enum Shape: Sendable {
    case text(longest: Int = 200)
    /// Answers only: any text.
    case string
    /// A queue, source, destination or tenant (`TextRule.name`).
    case name
    case choice([String])
    case integer(ClosedRange<Int>)
    case boolean
    /// RFC 3339.
    case moment
    /// What an earlier answer gave as `next`.
    case cursor
    case list(Shape, longest: Int = 1000)
    case object([Member])
    /// An object that has at most one of the members named, or exactly one.
    case alternatives([Member], among: [String], isRequired: Bool)
    /// An object whose members have names of their own.
    case map(Shape)
    /// Answers only: the value or null.
    case optional(Shape)
    /// Any JSON.
    case anything

    /// A member of an object; also a parameter of a request.
    struct Member: Sendable {
        var name: String
        var shape: Shape
        var isRequired: Bool
        var meaning: String

        init(_ name: String, _ shape: Shape, required isRequired: Bool = false, _ meaning: String = "") {
            self.name = name
            self.shape = shape
            self.isRequired = isRequired
            self.meaning = meaning
        }
    }

    /// An object all of whose members are always there.
    static func record(_ members: [Member]) -> Shape { .object(requiring(members)) }

    /// The members, each of them always there.
    static func requiring(_ members: [Member]) -> [Member] {
        members.map { member in
            var member = member
            member.isRequired = true
            return member
        }
    }
}

// MARK: Checking

extension Shape {
    /// What is wrong with a parameter's text; nil when nothing is.
    func problem(ofText text: String) -> String? {
        switch self {
        case .text(let longest): return Self.lengthProblem(text, longest)
        case .name: return TextRule.name.problem(text)
        case .choice(let choices):
            return choices.contains(text) ? nil : "is one of \(choices.joined(separator: ", "))"
        case .integer(let range):
            guard let number = Int(text), range.contains(number), String(number) == text else {
                return Self.rangeProblem(range)
            }
            return nil
        case .boolean: return text == "true" || text == "false" ? nil : "is true or false"
        case .moment: return Self.milliseconds(text) == nil ? "is a time such as 2026-11-21T08:41:00Z" : nil
        case .cursor:
            // What is made of the right letters may still be no position: that is for whoever reads it.
            let isWellFormed = (2...512).contains(text.utf8.count) && text.utf8.allSatisfy(Self.isCursorByte)
            return isWellFormed ? nil : "is what an earlier answer gave as `next`"
        case .list(let element, let longest):
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count <= longest else { return "has at most \(longest) parts" }
            return parts.lazy.compactMap { element.problem(ofText: String($0)) }.first
        case .string, .object, .alternatives, .map, .optional, .anything: return nil
        }
    }

    /// What is wrong with a value of a body, with its path; nil when nothing is.
    func problem(of node: JSONDocument.Node, in document: JSONDocument, at path: String) -> String? {
        let kind = document.kind(of: node)
        func expected(_ what: String) -> String { "\(path.isEmpty ? "the body" : path) is \(what)" }
        switch self {
        case .text, .string, .name, .choice, .moment, .cursor:
            guard let text = document.string(of: node) else { return expected("a text") }
            return problem(ofText: text).map { "\(path) \($0)" }
        case .integer(let range):
            guard let number = Self.integer(of: node, in: document), range.contains(number) else {
                return "\(path) \(Self.rangeProblem(range))"
            }
            return nil
        case .boolean: return kind == .boolean ? nil : expected("true or false")
        case .list(let element, let longest):
            guard kind == .array else { return expected("a list") }
            guard document.count(of: node) <= longest else { return "\(path) has at most \(longest) elements" }
            for (index, child) in document.children(of: node).enumerated() {
                if let problem = element.problem(of: child, in: document, at: "\(path)[\(index)]") { return problem }
            }
            return nil
        case .object(let members):
            guard kind == .object else { return expected("an object") }
            return problem(of: node, members, in: document, at: path)
        case .alternatives(let members, let names, let isRequired):
            guard kind == .object else { return expected("an object") }
            if let problem = problem(of: node, members, in: document, at: path) { return problem }
            let count = names.count { document.member(named: $0, of: node) != nil }
            let list = names.map { Self.join(path, $0) }
            if count > 1 { return "\(list.joined(separator: " and ")) exclude each other" }
            return count == 0 && isRequired ? "either \(list.joined(separator: " or ")) must be there" : nil
        case .map(let element):
            guard kind == .object else { return expected("an object") }
            for child in document.children(of: node) {
                let name = document.name(of: child) ?? ""
                if let problem = element.problem(of: child, in: document, at: Self.join(path, name)) { return problem }
            }
            return nil
        case .optional(let shape):
            return kind == .null ? nil : shape.problem(of: node, in: document, at: path)
        case .anything: return nil
        }
    }

    private func problem(
        of node: JSONDocument.Node, _ members: [Member], in document: JSONDocument, at path: String
    ) -> String? {
        var seen: Set<String> = []
        for child in document.children(of: node) {
            let name = document.name(of: child) ?? ""
            guard let member = members.first(where: { $0.name == name }) else {
                let guess = NearestName.to(name, among: members.map(\.name)).map { "; did you mean \($0)?" } ?? ""
                return "\(TextRule.quoted(Self.join(path, name))) is not known here\(guess)"
            }
            guard seen.insert(name).inserted else { return "\(Self.join(path, name)) stands there twice" }
            if let problem = member.shape.problem(of: child, in: document, at: Self.join(path, name)) {
                return problem
            }
        }
        let missing = members.first { $0.isRequired && !seen.contains($0.name) }
        return missing.map { "\(Self.join(path, $0.name)) is missing" }
    }

    private static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private static func lengthProblem(_ text: String, _ longest: Int) -> String? {
        if text.isEmpty { return "is empty" }
        if text.unicodeScalars.count > longest { return "has at most \(longest) characters" }
        return text.unicodeScalars.contains { $0.value == 0 } ? "holds a NUL character" : nil
    }

    private static func rangeProblem(_ range: ClosedRange<Int>) -> String {
        "is a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    private static func isCursorByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    // MARK: Reading

    /// A whole number; `3.0` is one, too (JSON Schema, "integer").
    static func integer(of node: JSONDocument.Node?, in document: JSONDocument) -> Int? {
        if let number = document.integer(of: node) { return Int(number) }
        guard let node, document.kind(of: node) == .number else { return nil }
        let parts = String(decoding: document.text(of: node), as: UTF8.self).split(separator: ".")
        guard parts.count == 2, parts[1].utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
        return Int(parts[0])
    }

    /// Unix milliseconds of an RFC 3339 text.
    static func milliseconds(_ text: String) -> Int64? {
        Timestamp(rfc3339: Array(text.utf8)[...]).map { $0.seconds * 1000 + Int64($0.nanoseconds) / 1_000_000 }
    }

    /// A position as it stands in answers: opaque to clients, who shall not build one.
    static func encodedCursor(_ text: String) -> String {
        String(decoding: Base64.encode(Array(text.utf8)[...], alphabet: .urlSafe, padded: false), as: UTF8.self)
    }

    static func decodedCursor(_ text: String) -> String? {
        guard text.utf8.count <= 512, !text.isEmpty,
            let bytes = Base64.decode(Array(text.utf8)[...], alphabet: .urlSafe)
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

// MARK: Describing

extension Shape {
    /// The shape as JSON Schema (draft 2020-12, as OpenAPI 3.1 has it).
    var schema: [UInt8] {
        var line = JSONLine()
        addSchema(to: &line)
        return line.json
    }

    private func addSchema(to line: inout JSONLine) {
        switch self {
        case .text(let longest):
            line.add("type", "string")
            line.add("minLength", 1)
            line.add("maxLength", longest)
            line.add("pattern", "^[^\\u0000]*$")
        case .string: line.add("type", "string")
        case .name:
            line.add("type", "string")
            line.add("pattern", "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
        case .choice(let choices):
            line.add("type", "string")
            line.add("enum", list: choices.map(Self.quoted))
        case .integer(let range):
            line.add("type", "integer")
            if range.lowerBound != .min { line.add("minimum", range.lowerBound) }
            if range.upperBound != .max { line.add("maximum", range.upperBound) }
        case .boolean: line.add("type", "boolean")
        case .moment:
            line.add("type", "string")
            line.add("format", "date-time")
        case .cursor:
            line.add("type", "string")
            line.add("minLength", 2)
            line.add("maxLength", 512)
            line.add("pattern", "^[A-Za-z0-9_-]+$")
        case .list(let element, let longest):
            line.add("type", "array")
            line.add("maxItems", longest)
            line.add("items", json: element.schema)
        case .object(let members):
            line.add("type", "object")
            var properties = JSONLine()
            for member in members { properties.add(member.name, json: member.schema) }
            line.add("properties", json: properties.json)
            let required = members.filter(\.isRequired).map(\.name)
            if !required.isEmpty { line.add("required", list: required.map(Self.quoted)) }
            line.add("additionalProperties", false)
        case .alternatives(let members, let names, let isRequired):
            Shape.object(members).addSchema(to: &line)
            func required(_ names: [String]) -> [UInt8] {
                var line = JSONLine()
                line.add("required", list: names.map(Self.quoted))
                return line.json
            }
            if isRequired {
                line.add("oneOf", list: names.map { required([$0]) })
            } else {
                line.add("not", json: required(names))
            }
        case .map(let element):
            line.add("type", "object")
            line.add("additionalProperties", json: element.schema)
        case .optional(let shape):
            var null = JSONLine()
            null.add("type", "null")
            line.add("anyOf", list: [shape.schema, null.json])
        case .anything: break
        }
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(text, to: &bytes)
        return bytes
    }
}

extension Shape.Member {
    /// The member's schema with its meaning.
    fileprivate var schema: [UInt8] {
        guard !meaning.isEmpty, shape.schema.count > 2 else { return shape.schema }
        var description: [UInt8] = []
        JSONWriter.append(meaning, to: &description)
        return shape.schema.dropLast() + Array(",\"description\":".utf8) + description + Array("}".utf8)
    }
}

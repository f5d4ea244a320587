import Verifiers

/// The scalar values of a part of a payload, by the paths under which a mapping would read them.
struct PayloadLeaves: Sendable {
    private static let mostLeaves = 2000
    private static let longestSample = 80

    struct Leaf: Equatable, Sendable {
        /// The names on the way to it, the last of them its own.
        var names: [String]
        var form: ValueForm
        /// The value as text, cut to a length that fits a line.
        var sample: String
    }

    private(set) var byPath: [String: Leaf] = [:]

    /// Walks a value. Of a list that the way goes through each element counts, as `[0]`: a field is one value.
    ///
    /// - Parameters:
    ///   - prefix: what its paths begin with ("$" for the payload when they start elsewhere).
    ///   - skipped: a part that is left out.
    mutating func add(
        _ node: JSONDocument.Node, of document: JSONDocument, prefix: String = "",
        skipping skipped: JSONDocument.Node? = nil
    ) {
        walk(node, document, prefix, [], skipped)
    }

    private mutating func walk(
        _ node: JSONDocument.Node, _ document: JSONDocument, _ path: String, _ names: [String],
        _ skipped: JSONDocument.Node?
    ) {
        guard node != skipped, byPath.count < Self.mostLeaves else { return }
        switch document.kind(of: node) {
        case .object:
            for child in document.children(of: node) {
                guard let name = document.name(of: child), let step = Self.step(name, after: path) else { continue }
                walk(child, document, path + step, names + [name], skipped)
            }
        case .array:
            for child in document.children(of: node) { walk(child, document, "\(path)[0]", names, skipped) }
        case .string, .number, .boolean:
            guard !path.isEmpty, byPath[path] == nil, !MappedValue.isAbsent(node, in: document),
                let text = MappedValue.node(node).scalarText(in: document)
            else { return }
            byPath[path] = Leaf(
                names: names, form: ValueForm(of: node, in: document),
                sample: String(String(decoding: text, as: UTF8.self).prefix(Self.longestSample)))
        case .null: break
        }
    }

    /// How a member's name continues a path; nil for a name that no path can say.
    private static func step(_ name: String, after path: String) -> String? {
        let isPlain =
            !name.isEmpty && !name.contains { ".[]\"'".contains($0) }
            && (!path.isEmpty || !"$@".contains(name.first ?? "."))
        if isPlain { return path.isEmpty ? name : ".\(name)" }
        if !name.contains("\"") { return "[\"\(name)\"]" }
        return name.contains("'") ? nil : "['\(name)']"
    }
}

/// What a value looks like, whatever it is: two fields with values of one form may be the same field.
enum ValueForm: Equatable, Sendable {
    case whole, decimal, boolean
    case email, url, moment, uuid
    /// An id such as `pi_3P…`: what stands before its first underscore.
    case prefixed(String)
    case digits
    case word, text

    init(of node: JSONDocument.Node, in document: JSONDocument) {
        switch document.kind(of: node) {
        case .boolean: self = .boolean
        case .number: self = document.integer(of: node) == nil ? .decimal : .whole
        default: self.init(document.string(of: node) ?? "")
        }
    }

    private init(_ text: String) {
        let isPlain = !text.contains { $0 == " " || $0 == "\n" }
        if text.allSatisfy(\.isNumber) {
            self = .digits
        } else if isPlain, text.contains("@"), text.contains(".") {
            self = .email
        } else if text.hasPrefix("https://") || text.hasPrefix("http://") {
            self = .url
        } else if Timestamp(rfc3339: Array(text.utf8)[...]) != nil {
            self = .moment
        } else if text.utf8.count == 36, text.filter({ $0 == "-" }).count == 4 {
            self = .uuid
        } else if isPlain, let end = text.firstIndex(of: "_"), text[..<end].count <= 8,
            text[text.index(after: end)...].contains(where: \.isNumber)
        {
            self = .prefixed(String(text[..<end]))
        } else {
            self = isPlain ? .word : .text
        }
    }

    /// Whether it tells a field from most others.
    var isTelling: Bool {
        switch self {
        case .email, .url, .uuid, .prefixed: true
        case .whole, .decimal, .boolean, .moment, .digits, .word, .text: false
        }
    }

    /// Whether both could be the same field written another way.
    func suits(_ other: ValueForm) -> Bool {
        let numbers: [ValueForm] = [.whole, .decimal, .digits, .moment]
        return self == other || numbers.contains(self) && numbers.contains(other)
            || [.word, .text, .digits].contains(self) && [.word, .text, .digits].contains(other)
    }
}

import Verifiers

/// A JSON object of an answer. Values are named by their path: `circuit.state`.
struct Row: Sendable {
    let json: [UInt8]
    private let document: JSONDocument

    /// Nil when it is no JSON object.
    init?(_ json: some Collection<UInt8>) {
        var document = JSONDocument()
        let bytes = Array(json)
        guard (try? document.read(bytes[...])) != nil, document.kind(of: .root) == .object else { return nil }
        self.json = bytes
        self.document = document
    }

    /// A text, or another value as it is written; nil for null and for what is not there.
    subscript(_ path: String) -> String? {
        guard let node = node(path) else { return nil }
        return document.string(of: node) ?? String(decoding: document.text(of: node), as: UTF8.self)
    }

    func integer(_ path: String) -> Int? { document.integer(of: node(path)).map { Int($0) } }

    func flag(_ path: String) -> Bool { document.boolean(of: node(path)) ?? false }

    /// A time, in Unix milliseconds.
    func moment(_ path: String) -> Int64? { document.string(of: node(path)).flatMap(Shape.milliseconds) }

    /// The objects of a list.
    func rows(_ path: String) -> [Row] {
        document.children(of: node(path)).compactMap { Row(document.text(of: $0)) }
    }

    /// The texts of a list.
    func texts(_ path: String) -> [String] { document.children(of: node(path)).compactMap { document.string(of: $0) } }

    /// The elements of a list as JSON.
    func elements(_ path: String) -> [[UInt8]] {
        document.children(of: node(path)).map { Array(document.text(of: $0)) }
    }

    /// A value as JSON; nothing for null and for what is not there.
    func value(_ path: String) -> [UInt8] { node(path).map { Array(document.text(of: $0)) } ?? [] }

    /// The object on one line.
    var text: String { String(decoding: json, as: UTF8.self) }

    private func node(_ path: String) -> JSONDocument.Node? {
        var node: JSONDocument.Node? = .root
        for part in path.split(separator: ".") { node = document.member(named: String(part), of: node) }
        return document.isNull(node) ? nil : node
    }
}

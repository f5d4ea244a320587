import Verifiers

extension JSONDocument {
    /// The document of a text.
    init(parsing text: some Sequence<UInt8>) throws {
        self.init()
        try read(Array(text)[...])
    }

    /// A value as text by its path, such as `data.amount.minor` or `events.0.id`; nil where there is none.
    subscript(path: String) -> String? {
        var node: Node? = .root
        for part in path.split(separator: ".") {
            node = Int(part).map { element($0, of: node) } ?? member(named: String(part), of: node)
        }
        guard let node, !isNull(node) else { return nil }
        return string(of: node) ?? String(decoding: text(of: node), as: UTF8.self)
    }
}

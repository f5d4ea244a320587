/// A way to set JSON: what the common libraries put between tokens. Values and names keep their spelling.
struct JSONLayout {
    let description: String
    /// What one level of nesting is indented by; nil: everything on one line.
    let indent: [UInt8]?
    let afterComma: [UInt8]
    let colon: [UInt8]

    static let all = [
        JSONLayout(description: "minified JSON", indent: nil, afterComma: [], colon: Array(":".utf8)),
        JSONLayout(
            description: "pretty-printed JSON (2 spaces)", indent: Array("  ".utf8), afterComma: [],
            colon: Array(": ".utf8)),
        JSONLayout(
            description: "pretty-printed JSON (4 spaces)", indent: Array("    ".utf8), afterComma: [],
            colon: Array(": ".utf8)),
        JSONLayout(
            description: "pretty-printed JSON (tabs)", indent: Array("\t".utf8), afterComma: [],
            colon: Array(": ".utf8)),
        JSONLayout(
            description: "JSON with a space after ',' and ':' (Python's)", indent: nil, afterComma: Array(" ".utf8),
            colon: Array(": ".utf8)),
    ]

    /// Appends a value in this layout.
    func append(
        _ node: JSONDocument.Node, of document: JSONDocument, depth: Int = 0, to output: inout [UInt8]
    ) {
        let kind = document.kind(of: node)
        guard kind == .object || kind == .array else {
            output.append(contentsOf: document.text(of: node))
            return
        }
        output.append(UInt8(ascii: kind == .object ? "{" : "["))
        var isFirst = true
        for child in document.children(of: node) {
            if !isFirst {
                output.append(UInt8(ascii: ","))
                output.append(contentsOf: afterComma)
            }
            isFirst = false
            appendLineBreak(depth: depth + 1, to: &output)
            if kind == .object {
                output.append(contentsOf: document.nameText(of: child))
                output.append(contentsOf: colon)
            }
            append(child, of: document, depth: depth + 1, to: &output)
        }
        if !isFirst { appendLineBreak(depth: depth, to: &output) }
        output.append(UInt8(ascii: kind == .object ? "}" : "]"))
    }

    private func appendLineBreak(depth: Int, to output: inout [UInt8]) {
        guard let indent else { return }
        output.append(0x0A)
        for _ in 0..<depth { output.append(contentsOf: indent) }
    }
}

extension JSONDocument {
    /// A member's name as it stands in the document, quotes included.
    fileprivate func nameText(of node: Node) -> ArraySlice<UInt8> {
        let record = record(node)
        guard record.keyStart >= 0 else { return [] }
        return bytes[bytes.startIndex + Int(record.keyStart) - 1..<bytes.startIndex + Int(record.keyEnd) + 1]
    }
}

import Verifiers

/// JSON from arbitrary bytes: what is read can be written on one line, and is then read as the same.
enum JSONTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(input[...])
        } catch {
            return
        }
        visit(.root, in: document, depth: 0)
        var line: [UInt8] = []
        document.appendMinified(.root, to: &line)
        precondition(!line.contains(10) && !line.contains(13), "a minified document has a line end")
        var again = JSONDocument()
        do throws(JSONError) {
            try again.read(line[...])
        } catch {
            preconditionFailure("what was written cannot be read: \(error)")
        }
        var second: [UInt8] = []
        again.appendMinified(.root, to: &second)
        precondition(line == second, "minifying twice changes the text")
        precondition(document.count(of: .root) == again.count(of: .root))
    }

    /// Looks at everything there is, in every way.
    private static func visit(_ node: JSONDocument.Node, in document: JSONDocument, depth: Int) {
        precondition(depth <= JSONDocument.maximumDepth, "deeper than is read")
        _ = document.kind(of: node)
        _ = document.name(of: node)
        _ = document.string(of: node)
        _ = document.integer(of: node)
        _ = document.boolean(of: node)
        _ = document.plainContent(of: node)
        precondition(!document.text(of: node).isEmpty)
        for child in document.children(of: node) { visit(child, in: document, depth: depth + 1) }
    }
}

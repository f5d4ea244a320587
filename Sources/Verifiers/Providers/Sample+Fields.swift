extension Sample {
    /// Sets a header field, whatever case it was written in before.
    mutating func setHeader(_ name: String, _ value: String) {
        headers.removeAll { $0.name.lowercased() == name.lowercased() }
        headers.append((name, value))
    }

    /// Replaces the text of some values of the JSON body and nothing else, so that its layout stays the provider's.
    ///
    /// `replacements` lists the nodes with their new JSON text; a body that is not JSON stays as it is.
    mutating func replaceValues(_ replacements: (JSONDocument) -> [(node: JSONDocument.Node?, text: String)]) {
        var document = JSONDocument()
        do {
            try document.read(body[...])
        } catch {
            // A sample need not be JSON: a malformed body is a case worth sending.
            return
        }
        let edits = replacements(document).compactMap { edit in
            edit.node.map { (range: document.text(of: $0).indices, text: edit.text) }
        }
        document.release()
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            body.replaceSubrange(edit.range, with: edit.text.utf8)
        }
    }
}

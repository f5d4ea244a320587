extension JSONDocument {
    /// Reads a delivery's body; what is wrong is told with its place.
    mutating func readBody(_ body: ArraySlice<UInt8>) throws(MalformedBody) {
        do {
            try read(body)
        } catch {
            throw MalformedBody(error.description)
        }
    }

    /// The text of a field that an event cannot be without; `path` names it in the error.
    func required(
        _ name: StaticString, of node: Node?, path: @autoclosure () -> String
    ) throws(MalformedBody) -> String {
        try required(member(name, of: node), path: path())
    }

    /// The text of a field that has been looked up and that an event cannot be without.
    func required(_ field: Node?, path: @autoclosure () -> String) throws(MalformedBody) -> String {
        guard let field, !isNull(field) else {
            throw MalformedBody("the field '\(path())' is missing")
        }
        guard let value = identifier(field) else {
            throw MalformedBody("the field '\(path())' is neither a string nor a whole number")
        }
        guard !value.isEmpty else { throw MalformedBody("the field '\(path())' is empty") }
        return value
    }

    /// A string's value or a whole number's digits: how providers write identifiers; nil for anything else.
    ///
    /// Numbers keep their text, since identifiers go beyond what floating point holds.
    func identifier(_ node: Node?) -> String? {
        guard let node else { return nil }
        if kind(of: node) == .number, record(node).flags.contains(.integer) {
            return String(decoding: text(of: node), as: UTF8.self)
        }
        if hasLoneSurrogate(node) {
            // Two different halves would both be read as U+FFFD, and two identifiers be taken for one: as it is written.
            return String(decoding: text(of: node).dropFirst().dropLast(), as: UTF8.self)
        }
        return string(of: node)
    }

    /// A moment written in RFC 3339 or as Unix seconds; nil for anything else.
    func timestamp(_ node: Node?) -> Timestamp? {
        guard let node else { return nil }
        if let seconds = integer(of: node) {
            let moment = Timestamp(seconds: seconds)
            return moment.isRepresentable ? moment : nil
        }
        return plainContent(of: node).flatMap(Timestamp.init(rfc3339:))
    }
}

import Verifiers

extension PayloadShape {
    /// A field as a person reads it.
    struct Entry: Equatable, Sendable {
        /// As mappings write it: `lines[*].price`; `{*}` stands for the keys of a map.
        var path: String
        var kinds: JSONKinds
        var isOptional: Bool
        /// In how many samples it was.
        var count: Int
        /// It was in all payloads, and is in none now.
        var isGone: Bool

        var json: [UInt8] {
            var line = JSONLine()
            line.add("path", path)
            line.add("types", list: kinds.names.map { Array("\"\($0)\"".utf8) })
            line.add("optional", isOptional)
            line.add("count", count)
            line.add("gone", isGone)
            return line.json
        }
    }

    /// All fields, each before those inside it, otherwise by name.
    var entries: [Entry] {
        var entries: [Entry] = []
        if root.allKinds != .object { append(root, path: ".", to: &entries) }
        appendInner(root, path: "", to: &entries)
        return entries
    }

    /// Whether a payload may come without the field.
    func isOptional(_ field: Field) -> Bool { field.lacking > 0 && samples - field.lacking <= Self.horizon }

    private func append(_ field: Field, path: String, to entries: inout [Entry]) {
        entries.append(
            Entry(
                path: path, kinds: field.allKinds, isOptional: isOptional(field), count: field.count,
                isGone: field.isGone))
    }

    private func appendInner(_ field: Field, path: String, to entries: inout [Entry]) {
        for (name, member) in field.members.sorted(by: { $0.key < $1.key }) {
            let path = Self.path(path, member: name)
            append(member, path: path, to: &entries)
            appendInner(member, path: path, to: &entries)
        }
        for inner in field.keyed {
            append(inner, path: path + "{*}", to: &entries)
            appendInner(inner, path: path + "{*}", to: &entries)
        }
        for inner in field.elements where inner.count > 0 {
            append(inner, path: path + "[*]", to: &entries)
            appendInner(inner, path: path + "[*]", to: &entries)
        }
    }

    /// What is said of the shape as a whole.
    func summary(type: String) -> JSONLine {
        var line = JSONLine()
        line.add("type", type)
        line.add("samples", samples)
        line.add("firstSeen", Timestamp(unixMilliseconds: firstAt).formatted(.milliseconds))
        line.add("lastSeen", Timestamp(unixMilliseconds: lastAt).formatted(.milliseconds))
        line.add("fieldCount", fieldCount)
        line.add("full", isFull)
        return line
    }
}

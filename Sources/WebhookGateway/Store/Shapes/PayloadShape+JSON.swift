import Verifiers

/// How a shape is kept in Redis: one line of JSON.
///
/// `{"samples","first","last","full","root"}`; a field is `{"k":[last sample of each kind],"n":[count, objects, run,
/// missing, lacking, flags],"f":{members},"w":keyed,"e":elements}`, what is empty left out.
extension PayloadShape {
    var json: [UInt8] {
        var line = JSONLine()
        line.add("samples", samples)
        line.add("first", Int(firstAt))
        line.add("last", Int(lastAt))
        line.add("full", isFull)
        line.add("root", json: root.json)
        return line.json
    }

    /// Reads what `json` wrote; nil when it is something else.
    init?(json: [UInt8]) {
        var document = JSONDocument()
        guard (try? document.read(json[...])) != nil, let samples = document.integer(of: document.member("samples")),
            let first = document.integer(of: document.member("first")),
            let last = document.integer(of: document.member("last")),
            let root = document.member("root").flatMap({ Field($0, of: document) })
        else { return nil }
        self.init(
            root: root, samples: Int(samples), firstAt: first, lastAt: last,
            isFull: document.boolean(of: document.member("full")) ?? false)
    }
}

extension PayloadShape.Field {
    private static let gone = 1
    private static let map = 2

    fileprivate var json: [UInt8] {
        var line = JSONLine()
        line.add("k", list: JSONKinds.all.map { Array(String(kinds[$0.kind] ?? 0).utf8) })
        let flags = (isGone ? Self.gone : 0) | (isMap ? Self.map : 0)
        line.add("n", list: [count, objects, run, missing, lacking, flags].map { Array(String($0).utf8) })
        if !members.isEmpty {
            var inner = JSONLine()
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { inner.add(name, json: member.json) }
            line.add("f", json: inner.json)
        }
        if let first = keyed.first { line.add("w", json: first.json) }
        if let first = elements.first { line.add("e", json: first.json) }
        return line.json
    }

    fileprivate init?(_ node: JSONDocument.Node, of document: JSONDocument) {
        func numbers(_ name: StaticString) -> [Int] {
            document.children(of: document.member(name, of: node)).map { Int(document.integer(of: $0) ?? 0) }
        }
        let (kinds, figures) = (numbers("k"), numbers("n"))
        guard kinds.count == JSONKinds.all.count, figures.count == 6 else { return nil }
        self.init()
        for (entry, last) in zip(JSONKinds.all, kinds) where last > 0 { self.kinds[entry.kind] = last }
        (count, objects, run, missing, lacking) = (figures[0], figures[1], figures[2], figures[3], figures[4])
        isGone = figures[5] & Self.gone != 0
        isMap = figures[5] & Self.map != 0
        for child in document.children(of: document.member("f", of: node)) {
            guard let name = document.name(of: child), let field = Self(child, of: document) else { return nil }
            members[name] = field
        }
        keyed = document.member("w", of: node).flatMap { Self($0, of: document) }.map { [$0] } ?? []
        elements = document.member("e", of: node).flatMap { Self($0, of: document) }.map { [$0] } ?? []
    }
}

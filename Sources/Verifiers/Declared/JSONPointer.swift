/// A JSON pointer (RFC 6901), in which a `*` stands for every element of an array.
///
/// Where a value is no array, `*` stands for the value itself, so that a list of one that was written without its
/// brackets (as XML has it) is read like any other.
public struct JSONPointer: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        case member([UInt8], place: Int?)
        case each
    }

    /// Longer pointers are refused.
    static let maximumSteps = 16
    let steps: [Step]
    /// The pointer as it was written.
    public let text: String

    /// Reads a pointer: "" for the whole document, else `/` before each step; nil for anything else.
    public init?(_ text: String) {
        self.text = text
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        // The root itself is "" in RFC 6901; a lone "/" is what people write for it.
        let parts = text == "/" ? [] : text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard parts.count <= Self.maximumSteps, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        steps = parts.map { part in
            if part == "*" { return .each }
            var name: [UInt8] = []
            var isEscape = false
            for byte in part.utf8 {
                if isEscape {
                    name.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
                    isEscape = false
                } else if byte == UInt8(ascii: "~") {
                    isEscape = true
                } else {
                    name.append(byte)
                }
            }
            return .member(name, place: Digits.number(Array(part.utf8)[...], maximumCount: 6).map(Int.init))
        }
    }

    /// How many `*` it has.
    var stars: Int { steps.count { $0 == .each } }

    /// The value it leads to from `node`; each `*` is taken as the next of `places`, else as the first element.
    func resolve(in document: JSONDocument, from node: JSONDocument.Node?, places: [Int] = []) -> JSONDocument.Node? {
        var node = node
        var star = 0
        for step in steps {
            guard let current = node else { return nil }
            switch step {
            case .member(let name, let place):
                node =
                    document.kind(of: current) == .array
                    ? place.flatMap { document.element($0, of: current) } : document.member(named: name, of: current)
            case .each:
                if document.kind(of: current) == .array {
                    node = document.element(star < places.count ? places[star] : 0, of: current)
                }
                star += 1
            }
        }
        return node
    }

    /// Every value it leads to, with the place that each `*` took; `isThere` tells an empty list from a missing one.
    func all(
        in document: JSONDocument, from node: JSONDocument.Node, limit: Int
    ) -> (found: [(node: JSONDocument.Node, places: [Int])], isThere: Bool) {
        var found: [(node: JSONDocument.Node, places: [Int])] = [(node, [])]
        var isThere = true
        for step in steps {
            var next: [(node: JSONDocument.Node, places: [Int])] = []
            for (node, places) in found {
                switch step {
                case .member:
                    let one = JSONPointer(step: step)
                    if let child = one.resolve(in: document, from: node) { next.append((child, places)) }
                case .each where document.kind(of: node) == .array:
                    for (place, child) in document.children(of: node).enumerated() where next.count < limit {
                        next.append((child, places + [place]))
                    }
                case .each:
                    next.append((node, places + [0]))
                }
            }
            if case .member = step, next.isEmpty, !found.isEmpty { isThere = false }
            found = next
        }
        return (found, isThere)
    }

    private init(step: Step) {
        steps = [step]
        text = ""
    }
}

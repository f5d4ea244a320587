import Verifiers

/// Which fields one payload has: paths and kinds of value, no values. Elements of an array are merged.
///
/// Bounded: of an array the first elements count, containers that lie too deep are not looked into, and when the payload
/// has more values than the limit the rest of it is not looked at.
struct PayloadObservation: Sendable {
    static let deepest = 16
    private static let mostElements = 100
    private static let mostValues = 20_000
    /// Members of one object beyond these count as keys of a map.
    private static let mostMembers = 400

    /// A place in the payload: all values that stand there, in whichever element of an array.
    struct Place: Sendable {
        var kinds: JSONKinds = []
        /// How many values.
        var count = 0
        /// How many of them are objects.
        var objects = 0
        var members: [String: Place] = [:]
        /// What lies under names that are keys of a map; at most one.
        var keyed: [Place] = []
        /// The elements of all arrays here; at most one.
        var elements: [Place] = []
    }

    private(set) var root = Place()
    private var budget = PayloadObservation.mostValues

    init(_ payload: JSONDocument.Node, of document: JSONDocument) {
        Self.observe(payload, document, &root, depth: 0, &budget)
    }

    private static func observe(
        _ node: JSONDocument.Node, _ document: JSONDocument, _ place: inout Place, depth: Int, _ budget: inout Int
    ) {
        budget -= 1
        let kind = JSONKinds(of: node, in: document)
        place.kinds.insert(kind)
        place.count += 1
        if kind == .object {
            place.objects += 1
            guard depth < deepest else { return }
            for child in document.children(of: node) {
                guard budget > 0 else { return }
                let name = document.name(of: child) ?? ""
                let isField =
                    place.members[name] != nil || place.members.count < mostMembers && FieldName.isField(name)
                if isField {
                    observe(child, document, &place.members[name, default: Place()], depth: depth + 1, &budget)
                } else {
                    if place.keyed.isEmpty { place.keyed.append(Place()) }
                    observe(child, document, &place.keyed[0], depth: depth + 1, &budget)
                }
            }
        } else if kind == .array, depth < deepest {
            if place.elements.isEmpty { place.elements.append(Place()) }
            for child in document.children(of: node).prefix(mostElements) {
                guard budget > 0 else { return }
                observe(child, document, &place.elements[0], depth: depth + 1, &budget)
            }
        }
    }
}

import Verifiers

/// The shape of `data`: fields, and the objects that hold them, in the order in which they are written.
indirect enum TargetNode: Sendable {
    /// `key` is the member's name as JSON, with the colon.
    case object(key: [UInt8], members: [TargetNode])
    case field(key: [UInt8], Field)
    case items(key: [UInt8], ItemList)

    /// What can stand at a target.
    enum Leaf: Sendable {
        case field(Field)
        case items(ItemList)
    }

    /// Builds the shape from dotted targets; reports a target that is both a value and an object of others.
    static func tree(_ leaves: [(target: String, leaf: Leaf)], conflict: (String) -> Void) -> [TargetNode] {
        let split = leaves.map { (path: $0.target.split(separator: ".").map(String.init)[...], leaf: $0.leaf) }
        return tree(split, conflict)
    }

    private static func tree(
        _ leaves: [(path: ArraySlice<String>, leaf: Leaf)], _ conflict: (String) -> Void
    ) -> [TargetNode] {
        let groups = Dictionary(grouping: leaves) { $0.path.first ?? "" }
        return groups.keys.sorted(by: CanonicalOrder.areInOrder).compactMap { name in
            guard let group = groups[name], let first = group.first else { return nil }
            var key: [UInt8] = []
            JSONWriter.append(name, to: &key)
            key.append(UInt8(ascii: ":"))
            if let direct = group.first(where: { $0.path.count == 1 }) {
                if group.count > 1 { conflict(name) }
                switch direct.leaf {
                case .field(let field): return .field(key: key, field)
                case .items(let list): return .items(key: key, list)
                }
            }
            guard first.path.count > 1 else { return nil }
            return .object(key: key, members: tree(group.map { ($0.path.dropFirst(), $0.leaf) }, conflict))
        }
    }
}

/// The order of members in `data`, the same for every provider and whatever the order of a rule's text (docs/events.md).
enum CanonicalOrder {
    private static let names = [
        "id", "email", "name", "phone",
        "customer", "amount", "order", "payment", "refund", "dispute", "invoice", "subscription", "checkout", "product",
        "credit", "items", "fulfillments", "reason", "previous", "merge", "contact", "list", "campaign", "realmId",
        "entity", "deletedId", "livemode",
        "number", "subject", "previousStatus", "status", "paymentStatus", "code", "message", "quantity", "price",
    ]
    private static let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })

    /// Known names in the documented order, others after them by name.
    static func areInOrder(_ left: String, _ right: String) -> Bool {
        (places[left] ?? names.count, left) < (places[right] ?? names.count, right)
    }
}

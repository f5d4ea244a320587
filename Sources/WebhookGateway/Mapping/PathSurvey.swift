import Verifiers

/// Which fields of a mapping's rules found nothing in any of the sample deliveries: misspelt paths show here.
struct PathSurvey {
    /// A field none of whose paths leads anywhere.
    struct Unknown: Equatable {
        var rule: String
        var target: String
        var paths: [String]
        /// A name that is there and much like the one that is not.
        var guess: String?

        /// "customer.email (rule "orders"): nothing at custmer.email; did you mean "customer"?".
        var description: String {
            let guess = guess.map { "; did you mean \"\($0)\"?" } ?? ""
            return "\(target) (rule \"\(rule)\"): nothing at \(paths.joined(separator: " or "))\(guess)"
        }
    }

    private struct Key: Hashable {
        var rule: String
        var target: String
    }

    private var order: [Key] = []
    private var unknown: [Key: Unknown] = [:]
    private var found: Set<Key> = []

    /// What no sample had, in the order of the rules.
    var all: [Unknown] { order.compactMap { unknown[$0] } }

    /// Looks where the paths of the rule lead in one event.
    mutating func add(_ rule: Rule, _ scope: MappingScope) {
        add(rule.targets, of: rule.name, scope, in: "")
    }

    private mutating func add(_ targets: [TargetNode], of rule: String, _ scope: MappingScope, in list: String) {
        for target in targets {
            switch target {
            case .object(_, let members): add(members, of: rule, scope, in: list)
            case .field(_, let field):
                // A field with a constant or the event's own attribute always has a value.
                let paths = field.sources.compactMap(\.onlyPaths).flatMap { $0 }
                guard field.sources.allSatisfy({ $0.onlyPaths != nil }) else { continue }
                note(Key(rule: rule, target: list + field.target), paths, scope)
            case .items(_, let items):
                note(Key(rule: rule, target: list + items.target), [items.path], scope)
                items.path.forEachNode(in: scope) { item in
                    var itemScope = scope
                    itemScope.base = item
                    add(items.members, of: rule, itemScope, in: "\(list)\(items.target)[*].")
                }
            }
        }
    }

    private mutating func note(_ key: Key, _ paths: [FieldPath], _ scope: MappingScope) {
        guard !found.contains(key) else { return }
        let leads = paths.contains { path in
            var leads = false
            path.forEachNode(in: scope) { _ in leads = true }
            return leads
        }
        if leads {
            found.insert(key)
            unknown[key] = nil
        } else if unknown[key] == nil {
            order.append(key)
            let guess = paths.lazy.compactMap { Self.guess($0, scope) }.first
            unknown[key] = Unknown(rule: key.rule, target: key.target, paths: paths.map(\.text), guess: guess)
        }
    }

    /// The name most like the first of the path's names that is not there.
    private static func guess(_ path: FieldPath, _ scope: MappingScope) -> String? {
        guard var node = path.startsAtPayload ? scope.payload : scope.base else { return nil }
        let document = scope.document
        for step in path.steps {
            let next: JSONDocument.Node?
            switch step {
            case .member(let name):
                next = document.member(named: name, of: node)
                if next == nil {
                    let names = document.children(of: node).compactMap { document.name(of: $0) }
                    return NearestName.to(String(decoding: name, as: UTF8.self), among: names)
                }
            case .element(let place): next = document.element(place, of: node)
            case .each: next = document.element(0, of: node)
            }
            guard let next else { return nil }
            node = next
        }
        return nil
    }
}

extension FieldSource {
    /// The paths it reads; nil when it has a value without any.
    fileprivate var onlyPaths: [FieldPath]? {
        switch origin {
        case .path(let path): [path]
        case .concat(let paths, _): paths
        case .constant, .event: nil
        }
    }
}

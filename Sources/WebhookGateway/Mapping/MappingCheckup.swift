import Verifiers

/// Compares what a mapping reads with what recent deliveries hold: which of its fields have gone, and where they have
/// probably gone to.
///
/// A field counts as gone when no delivery of the type has it, or the newest ones do not and those before did. Deliveries
/// are added newest first.
struct MappingCheckup: Sendable {
    /// So many of the newest without a field that was there before are no accident.
    static let shortestRun = 3
    /// Of the deliveries before those, so large a part must have had it, in percent: others are optional at the provider.
    private static let usualPercent = 80
    /// Deliveries of a type in whose values candidates are looked for.
    static let mostSearched = 10

    /// A field of a rule that is not there any more.
    struct Finding: Equatable, Sendable {
        var providerType: String
        var rule: String
        /// The field's way through `data`, or `subject` or `time`.
        var target: String
        /// The list in whose elements it is; nil: in none.
        var list: String?
        /// The paths that the rule reads it from, as written.
        var paths: [String]
        /// Without it a delivery is quarantined.
        var isRequired: Bool
        /// How many deliveries of the type were looked at, and how many of the newest lack the field.
        var deliveries: Int
        var missing: Int
        /// When one that had it arrived, Unix milliseconds; nil: none of them did.
        var lastSeen: Int64?
        /// The likeliest first.
        var candidates: [FieldCandidate]
    }

    /// What is known of one field of a rule in deliveries of one type.
    private struct History {
        var field: Field
        /// The path of the list whose elements it belongs to; nil: to none.
        var list: String?
        var missing = 0
        /// Of the deliveries from the newest that had it on.
        var older = 0
        var olderWithIt = 0
        var lastSeen: Int64?
        /// What there was beside it then.
        var neighbours: Set<String> = []
        var form: ValueForm?
    }

    private struct Group {
        var providerType: String
        var rule: Rule
        var deliveries = 0
        var searched = 0
        var histories: [History]
        /// What the newest hold, by list ("" for none) and path: in how many, and one of the values.
        var leaves: [String: [String: (leaf: PayloadLeaves.Leaf, count: Int)]] = [:]
    }

    private let mapper: Mapper
    private var groups: [Group] = []
    private(set) var deliveries = 0

    init(_ mapper: Mapper) { self.mapper = mapper }

    /// Looks at one event of a delivery; the newest delivery first.
    mutating func add(_ event: ProviderEvent, in document: JSONDocument, receivedAt: Int64) {
        deliveries += 1
        guard let (rule, scope) = mapper.rule(for: event, in: document) else { return }
        let index: Int
        if let known = groups.firstIndex(where: { $0.providerType == event.type && $0.rule === rule }) {
            index = known
        } else {
            groups.append(Group(providerType: event.type, rule: rule, histories: Self.histories(of: rule)))
            index = groups.count - 1
        }
        groups[index].deliveries += 1
        let leaves = Self.leaves(of: groups[index].histories, scope)
        if groups[index].searched < Self.mostSearched {
            groups[index].searched += 1
            for (list, found) in leaves {
                for (path, leaf) in found.byPath {
                    groups[index].leaves[list, default: [:]][path, default: (leaf, 0)].count += 1
                }
            }
        }
        for place in groups[index].histories.indices {
            Self.note(&groups[index].histories[place], scope, leaves, receivedAt)
        }
    }

    /// What is gone: required fields first, then those with a candidate.
    var findings: [Finding] {
        groups.flatMap { group in group.histories.compactMap { Self.finding($0, group) } }
            .sorted { left, right in
                (left.isRequired ? 0 : 1, left.candidates.isEmpty ? 1 : 0, left.providerType, left.target)
                    < (right.isRequired ? 0 : 1, right.candidates.isEmpty ? 1 : 0, right.providerType, right.target)
            }
    }

    // MARK: Steps

    private static func histories(of rule: Rule) -> [History] {
        var histories = [rule.subject, rule.time].compactMap { $0.map { History(field: $0) } }
        func walk(_ nodes: [TargetNode], _ list: String?) {
            for node in nodes {
                switch node {
                case .object(_, let members): walk(members, list)
                case .field(_, let field): histories.append(History(field: field, list: list))
                case .items(_, let items): walk(items.members, items.path.text)
                }
            }
        }
        walk(rule.targets, nil)
        // What comes from elsewhere than the payload cannot vanish from it.
        return histories.filter { history in
            history.field.sources.allSatisfy { source in
                switch source.origin {
                case .path, .concat: true
                case .constant, .event: false
                }
            }
        }
    }

    /// The starting points of a history's paths in one event.
    private static func scopes(_ list: String?, _ scope: MappingScope) -> [MappingScope] {
        guard let list else { return [scope] }
        guard let path = try? FieldPath(parsing: list) else { return [] }
        var scopes: [MappingScope] = []
        path.forEachNode(in: scope) { node in
            var inner = scope
            inner.base = node
            scopes.append(inner)
        }
        return scopes
    }

    private static func leaves(of histories: [History], _ scope: MappingScope) -> [String: PayloadLeaves] {
        var result: [String: PayloadLeaves] = [:]
        for list in Set(histories.map(\.list)) {
            var leaves = PayloadLeaves()
            for inner in scopes(list, scope) {
                if let base = inner.base { leaves.add(base, of: scope.document) }
            }
            if list == nil, scope.base != scope.payload {
                leaves.add(scope.payload, of: scope.document, prefix: "$", skipping: scope.base)
            }
            result[list ?? ""] = leaves
        }
        return result
    }

    private static func note(
        _ history: inout History, _ scope: MappingScope, _ leaves: [String: PayloadLeaves], _ receivedAt: Int64
    ) {
        let scopes = scopes(history.list, scope)
        // A delivery whose list is empty says nothing of its elements' fields.
        if history.list != nil, scopes.isEmpty { return }
        let isThere = scopes.contains { inner in history.field.sources.contains { $0.isThere(in: inner) } }
        if isThere, history.lastSeen == nil {
            history.lastSeen = receivedAt
            let found = leaves[history.list ?? ""]?.byPath ?? [:]
            history.neighbours = Set(found.keys)
            history.form = history.field.sources.flatMap(\.pathTexts).lazy.compactMap { found[$0]?.form }.first
        }
        guard history.lastSeen != nil else {
            history.missing += 1
            return
        }
        history.older += 1
        if isThere { history.olderWithIt += 1 }
    }

    private static func finding(_ history: History, _ group: Group) -> Finding? {
        guard history.missing > 0 else { return nil }
        if history.lastSeen != nil {
            guard history.missing >= shortestRun, history.olderWithIt * 100 >= history.older * usualPercent else {
                return nil
            }
        }
        let search = CandidateSearch(
            paths: history.field.sources.flatMap(\.pathTexts), form: history.form, neighbours: history.neighbours)
        let used = Set(
            group.histories.filter { $0.list == history.list && $0.missing == 0 }
                .flatMap { $0.field.sources.flatMap(\.pathTexts) })
        let candidates = search.candidates(
            among: group.leaves[history.list ?? ""] ?? [:], of: min(group.searched, history.missing), used: used)
        // An optional field that was never seen and is nowhere else either is simply not sent.
        guard history.lastSeen != nil || history.field.isRequired || !candidates.isEmpty else { return nil }
        return Finding(
            providerType: group.providerType, rule: group.rule.name, target: history.field.target,
            list: history.list, paths: search.paths,
            isRequired: history.field.isRequired, deliveries: group.deliveries, missing: history.missing,
            lastSeen: history.lastSeen, candidates: candidates)
    }
}

extension FieldSource {
    /// Whether the payload has a value there, be it one that the transforms cannot work on.
    fileprivate func isThere(in scope: MappingScope) -> Bool {
        do throws(TransformProblem) {
            return try value(in: scope) != nil
        } catch {
            return true
        }
    }
}

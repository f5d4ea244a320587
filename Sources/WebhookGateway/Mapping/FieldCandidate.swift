/// Where a field that has gone from payloads may be now.
struct FieldCandidate: Equatable, Sendable {
    /// What speaks for it.
    enum Reason: String, CaseIterable, Sendable {
        /// The same name elsewhere.
        case sameName = "same_name"
        /// A name that is few letters or a word away.
        case similarName = "similar_name"
        /// Another name, but a value of the same telling form, and new.
        case sameForm = "same_form"
    }

    /// As the rule would read it.
    var path: String
    var reason: Reason
    /// In how many of the newest deliveries it is.
    var deliveries: Int
    /// A value that it has.
    var sample: String
}

/// Looks for the likely new paths of one field.
struct CandidateSearch: Sendable {
    private static let most = 3
    private static let leastScore = 40
    /// Names that say nothing without the one before them.
    private static let bareNames: Set<String> = [
        "id", "name", "type", "object", "value", "key", "code", "status", "date", "time", "created", "text", "url",
        "email",
        "number",
    ]

    /// The paths that the rule reads, as written.
    let paths: [String]
    /// What its values looked like; nil when none was seen.
    let form: ValueForm?
    /// The paths that there were beside it: what is older than the loss explains it less.
    let neighbours: Set<String>

    /// - Parameters:
    ///   - leaves: what the newest deliveries hold, by path, and in how many of them.
    ///   - count: how many of the newest lack the field.
    ///   - used: paths that the rule reads for other fields, which are there.
    func candidates(
        among leaves: [String: (leaf: PayloadLeaves.Leaf, count: Int)], of count: Int, used: Set<String>
    ) -> [FieldCandidate] {
        let wanted = paths.map(Self.names).filter { !$0.isEmpty }
        var scored: [(score: Int, candidate: FieldCandidate)] = []
        for (path, found) in leaves where !paths.contains(path) && !used.contains(path) {
            // One that only few deliveries have is no new place for a field that all had.
            guard found.count * 2 >= count else { continue }
            guard
                let (score, reason) = wanted.compactMap({ judge(found.leaf, path, against: $0) }).max(by: {
                    $0.0 < $1.0
                }),
                score >= Self.leastScore
            else { continue }
            scored.append(
                (score, FieldCandidate(path: path, reason: reason, deliveries: found.count, sample: found.leaf.sample)))
        }
        return scored.sorted { ($1.score, $0.candidate.path) < ($0.score, $1.candidate.path) }.prefix(Self.most).map(
            \.candidate)
    }

    /// How much speaks for a leaf, and what.
    private func judge(
        _ leaf: PayloadLeaves.Leaf, _ path: String, against wanted: [String]
    ) -> (Int, FieldCandidate.Reason)? {
        guard let own = leaf.names.last, let name = wanted.last else { return nil }
        var (score, reason) = (0, FieldCandidate.Reason.sameForm)
        let likeness = Self.likeness(of: wanted, to: leaf.names)
        if likeness == 100 {
            (score, reason) = (80, .sameName)
        } else if likeness > 0 {
            (score, reason) = (likeness * 70 / 100, .similarName)
        } else if let form, form.isTelling, form == leaf.form, !neighbours.contains(path) {
            score = 45
        } else {
            return nil
        }
        // A bare name is worth something in the surroundings that it had.
        let shared = zip(wanted.dropLast(), leaf.names.dropLast()).prefix { Self.plain($0) == Self.plain($1) }.count
        score += 4 * min(shared, 4)
        if Self.bareNames.contains(Self.plain(name)), Self.plain(own) == Self.plain(name),
            Self.plain(wanted.dropLast().last ?? "") != Self.plain(leaf.names.dropLast().last ?? "")
        {
            score -= 35
        }
        if let form { score += form == leaf.form ? 12 : form.suits(leaf.form) ? 0 : -30 }
        if neighbours.contains(path) { score -= 25 }
        return (score, reason)
    }

    /// How alike two ways are, by their last names, also joined with the one before ("customer.id", "customerId"): 100:
    /// the same.
    private static func likeness(of wanted: [String], to found: [String]) -> Int {
        let left = forms(of: wanted)
        let right = forms(of: found)
        if !left.isDisjoint(with: right) { return 100 }
        let (wantedName, foundName) = (wanted.last ?? "", found.last ?? "")
        if wantedName.count > 3, NearestName.to(plain(wantedName), among: [plain(foundName)]) != nil { return 85 }
        let (a, b) = (Set(words(wantedName)), Set(words(foundName)))
        let shared = a.intersection(b).filter { $0.count > 2 }
        guard !shared.isEmpty, !a.isEmpty, !b.isEmpty else { return 0 }
        return 50 + 40 * shared.count / max(a.count, b.count)
    }

    private static func forms(of names: [String]) -> Set<String> {
        var forms: Set<String> = []
        if let last = names.last {
            forms.insert(plain(last))
            if let before = names.dropLast().last { forms.insert(plain(before + last)) }
        }
        return forms
    }

    /// A name without what differs between ways of writing it.
    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// The words of `amount_received`, `amountReceived` or `amount-received`.
    private static func words(_ name: String) -> [String] {
        var words: [String] = [""]
        var wasLower = false
        for character in name {
            if !character.isLetter && !character.isNumber || character.isUppercase && wasLower { words.append("") }
            if character.isLetter || character.isNumber {
                words[words.count - 1].append(contentsOf: character.lowercased())
            }
            wasLower = character.isLowercase || character.isNumber
        }
        return words.filter { !$0.isEmpty }
    }

    /// The members' names on a path.
    private static func names(of path: String) -> [String] {
        guard let path = try? FieldPath(parsing: path) else { return [] }
        return path.steps.compactMap { step in
            if case .member(let name) = step { String(decoding: name, as: UTF8.self) } else { nil }
        }
    }
}

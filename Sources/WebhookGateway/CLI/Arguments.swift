/// The words after the command, taken away one by one: `--flag`, `--key value`, `--key=value`, and `--` before the rest.
///
/// Ask for the verb first, then for every option, then for positional words, then `finish`.
struct Arguments {
    private var words: [String]
    /// What stands behind `--`: never an option.
    private(set) var rest: [String] = []
    private var known: [String] = []

    init(_ words: [String]) {
        self.words = words
        if let separator = words.firstIndex(of: "--") {
            rest = Array(words[(separator + 1)...])
            self.words = Array(words[..<separator])
        }
    }

    /// Whether `--name` stands there.
    mutating func flag(_ name: String) throws(UsageError) -> Bool {
        known.append(name)
        if words.contains(where: { $0.hasPrefix("\(name)=") }) { throw UsageError("\(name) takes no value") }
        let count = words.count
        words.removeAll { $0 == name }
        return words.count < count
    }

    /// The value of `--name`; an error when it stands there twice.
    mutating func value(_ name: String) throws(UsageError) -> String? {
        let values = try values(name)
        guard values.count <= 1 else { throw UsageError("\(name) stands there \(values.count) times; give it once") }
        return values.first
    }

    /// The values of an option that may be repeated, in order.
    mutating func values(_ name: String) throws(UsageError) -> [String] {
        known.append(name)
        var values: [String] = []
        while let index = words.firstIndex(where: { $0 == name || $0.hasPrefix("\(name)=") }) {
            let word = words.remove(at: index)
            if word != name {
                values.append(String(word.dropFirst(name.count + 1)))
            } else if index < words.count, !words[index].hasPrefix("--") {
                values.append(words.remove(at: index))
            } else {
                throw UsageError("\(name) needs a value")
            }
        }
        return values
    }

    /// The value of `--name` as a whole number within a range.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = try value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds = "from \(range.lowerBound)" + (range.upperBound == .max ? "" : " to \(range.upperBound)")
            throw UsageError("\(name) is a whole number \(bounds), not \(TextRule.quoted(text))")
        }
        return number
    }

    /// The first word, which says what to do ("list" of `events list`); one of `verbs`.
    mutating func verb(_ verbs: [String]) throws(UsageError) -> String {
        let list = verbs.joined(separator: ", ")
        guard let word = words.first, !word.hasPrefix("-") else { throw UsageError("say what to do: one of \(list)") }
        guard verbs.contains(word) else {
            let guess = NearestName.to(word, among: verbs).map { "did you mean \($0)? " } ?? ""
            throw UsageError("\(TextRule.quoted(word)) is not known here; \(guess)it is one of \(list)")
        }
        return words.removeFirst()
    }

    /// The next word that is no option; nil when there is none.
    mutating func positional() -> String? {
        guard let index = words.firstIndex(where: { !$0.hasPrefix("-") || $0 == "-" }) else { return nil }
        return words.remove(at: index)
    }

    /// The next word that is no option; an error that names `what` when there is none.
    mutating func positional(_ what: String) throws(UsageError) -> String {
        guard let word = positional() else { throw UsageError("\(what) is missing") }
        return word
    }

    /// Refuses what nobody asked for.
    mutating func finish() throws(UsageError) {
        guard let word = words.first else { return }
        guard word.hasPrefix("-") else { throw UsageError("\(TextRule.quoted(word)) is one word too many") }
        let name = String(word.prefix { $0 != "=" })
        let guess = NearestName.to(name, among: known).map { "did you mean \($0)?" }
        let list = known.isEmpty ? "there are no options here" : "the options are \(known.joined(separator: ", "))"
        throw UsageError("the option \(name) is not known; \(guess ?? list)")
    }
}

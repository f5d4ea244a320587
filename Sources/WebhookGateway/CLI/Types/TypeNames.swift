/// Makes names of a programming language of the names in payloads, each once in its scope.
struct TypeNames {
    /// Words that may not be names, and names that would hide something.
    private let reserved: Set<String>
    private var taken: Set<String> = []

    init(reserved: Set<String> = []) { self.reserved = reserved }

    /// The name, or the first free one of `name2`, `name3`, …; a reserved one gets `suffix`.
    mutating func claim(_ name: String, suffix: String) -> String {
        let base = reserved.contains(name) ? name + suffix : name
        var candidate = base
        var number = 2
        while !taken.insert(candidate).inserted {
            candidate = "\(base)\(number)"
            number += 1
        }
        return candidate
    }

    /// `payment_intent.succeeded` → `PaymentIntentSucceeded`; always a letter first, ASCII only.
    static func pascal(_ words: [String]) -> String {
        let parts = words.flatMap(parts).map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return begun(parts.joined(), with: "Type")
    }

    /// `receipt_email` → `receiptEmail`, `SKUCode` → `skuCode`.
    static func camel(_ name: String) -> String {
        let parts = parts(name)
        guard let first = parts.first else { return "field" }
        let rest = parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return begun(lowercasedStart(first) + rest.joined(), with: "field")
    }

    /// The stretches of ASCII letters and digits.
    static func parts(_ name: String) -> [String] {
        name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
    }

    /// Whether it is made of ASCII letters, digits and `_`, no digit first.
    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.first, !(first.isASCII && first.isNumber) else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    private static func lowercasedStart(_ word: String) -> String {
        let capitals = word.prefix { $0.isUppercase }
        guard capitals.count > 1, capitals.count < word.count else {
            return capitals.lowercased() + word.dropFirst(capitals.count)
        }
        // The last capital begins the next word.
        return capitals.dropLast().lowercased() + word.dropFirst(capitals.count - 1)
    }

    private static func begun(_ name: String, with word: String) -> String {
        guard let first = name.first else { return word }
        return first.isNumber ? word + name : name
    }
}

/// A programming language that payloads' types can be printed in.
enum TypeLanguage: String, CaseIterable, Sendable {
    case swift, typescript, go, python

    func text(_ model: PayloadModel) -> String {
        switch self {
        case .swift: SwiftTypes(model).text
        case .typescript: TypeScriptTypes(model).text
        case .go: GoTypes(model).text
        case .python: PythonTypes(model).text
        }
    }

    /// What each text says first; `comment` is what the language's comments begin with.
    static func heading(_ model: PayloadModel, comment: String) -> String {
        "\(comment) Payloads of the source \(model.source), as seen by webhook-gateway types."
    }

    /// What is said above a root's type; the type's name is a provider's, so it may be anything.
    static func title(_ root: PayloadModel.Root) -> String {
        "\(VisibleText.escaped(root.word)), learned from \(root.samples) sample\(root.samples == 1 ? "" : "s")"
    }
}

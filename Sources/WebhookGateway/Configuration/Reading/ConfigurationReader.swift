import Verifiers

/// Reads one object of the file into a section, and notes every problem instead of stopping at the first.
struct ConfigurationReader: KeyVisitor {
    /// What all readers of one file share: where secrets are found, and the problems so far.
    final class Notes {
        let resolver: SecretResolver
        var issues: [ConfigurationIssue] = []

        init(_ resolver: SecretResolver) { self.resolver = resolver }
    }

    private let members: [String: JSONValue]
    private let path: String
    private let notes: Notes
    private var known: [String] = []

    init(_ members: [String: JSONValue], path: String, notes: Notes) {
        self.members = members
        self.path = path
        self.notes = notes
    }

    /// Reads a whole section: its keys, then a problem for each key that it does not have.
    static func read(
        _ section: inout some ConfigurationSection, _ members: [String: JSONValue], path: String, notes: Notes
    ) {
        var reader = ConfigurationReader(members, path: path, notes: notes)
        section.visit(&reader)
        for key in members.keys.sorted() where !reader.known.contains(key) {
            let nearest = NearestName.to(key, among: reader.known)
            let remedy =
                nearest.map { "did you mean \($0)?" } ?? "the keys here are \(reader.known.joined(separator: ", "))"
            reader.note(key, "unknown key", remedy)
        }
    }

    mutating func integer(_ key: String, _ value: inout Int, in range: ClosedRange<Int>) {
        guard let found = take(key) else { return }
        read(found, key, &value, in: range)
    }

    mutating func requiredInteger(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, remedy: String) {
        guard let found = take(key) else { return note(key, "missing", remedy) }
        read(found, key, &value, in: range)
    }

    mutating func optionalInteger(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>) {
        guard let found = take(key) else { return }
        guard found != .null else { return value = nil }
        var number = value ?? range.lowerBound
        read(found, key, &number, in: range)
        value = number
    }

    mutating func boolean(_ key: String, _ value: inout Bool) {
        guard let found = take(key) else { return }
        guard case .boolean(let boolean) = found else { return wrongType(key, "true or false", found) }
        value = boolean
    }

    mutating func text(_ key: String, _ value: inout String, _ rule: TextRule) {
        guard let found = take(key), let text = text(found, key, rule) else { return }
        value = text
    }

    mutating func requiredText(_ key: String, _ value: inout String, remedy: String) {
        guard let found = take(key) else { return note(key, "missing", remedy) }
        guard let text = text(found, key, .notEmpty) else { return }
        value = text
    }

    mutating func optionalText(_ key: String, _ value: inout String?, _ rule: TextRule) {
        guard let found = take(key) else { return }
        value = found == .null ? nil : text(found, key, rule) ?? value
    }

    mutating func texts(_ key: String, _ value: inout [String], _ rule: TextRule) {
        guard let elements = array(key, of: "texts") else { return }
        guard !elements.isEmpty else {
            return note(key, "the list is empty", "name at least one, or leave the key out")
        }
        value = elements.compactMap { text($0.value, $0.key, rule) }
    }

    mutating func textMap(_ key: String, _ value: inout [String: String], _ rule: TextRule) {
        guard let object = object(key) else { return }
        value = [:]
        for (name, element) in object { value[name] = text(element, "\(key).\(name)", rule) }
    }

    mutating func choice<Choice: KeyChoice>(_ key: String, _ value: inout Choice) {
        guard let found = take(key) else { return }
        value = choice(found, key) ?? value
    }

    mutating func optionalChoice<Choice: KeyChoice>(_ key: String, _ value: inout Choice?) {
        guard let found = take(key) else { return }
        value = found == .null ? nil : choice(found, key)
    }

    mutating func networks(_ key: String, _ value: inout [CIDRBlock]) {
        guard let elements = array(key, of: "networks such as \"192.0.2.0/24\"") else { return }
        value = elements.compactMap { network($0.value, $0.key) }
    }

    mutating func optionalNetworks(_ key: String, _ value: inout [CIDRBlock]?) {
        guard members[key] != .null else {
            known.append(key)
            return
        }
        guard let elements = array(key, of: "networks such as \"192.0.2.0/24\"") else { return }
        value = elements.compactMap { network($0.value, $0.key) }
    }

    mutating func secrets(_ key: String, _ value: inout [Secret]) {
        guard let elements = array(key, of: "secrets such as \"env:NAME\"") else { return }
        value = elements.compactMap { secret($0.value, $0.key, warnsWhenLiteral: true) }
    }

    mutating func optionalSecret(_ key: String, _ value: inout Secret?) {
        guard let found = take(key) else { return }
        value = found == .null ? nil : secret(found, key, warnsWhenLiteral: true)
    }

    mutating func secretMap(_ key: String, _ value: inout [String: Secret]) {
        guard let object = object(key) else { return }
        value = [:]
        for (name, element) in object where element != .null {
            value[name] = credential(element, "\(key).\(name)", warnsWhenLiteral: SecretNames.isSecret(name))
        }
    }

    mutating func optionalURL(_ key: String, _ value: inout Secret?, _ rule: TextRule) {
        guard let found = take(key), found != .null,
            let secret = secret(found, key, warnsWhenLiteral: false)
        else { return }
        if let problem = rule.problem(secret.text) { return note(key, problem, "") }
        value = secret
    }

    mutating func section(_ key: String, _ value: inout some ConfigurationSection) {
        guard let object = object(key) else { return }
        Self.read(&value, object, path: joined(key), notes: notes)
    }

    mutating func optionalSection<Section: OptionalSection>(_ key: String, _ value: inout Section?) {
        if members[key] == .null { return known.append(key) }
        guard let object = object(key) else { return }
        var section = Section()
        Self.read(&section, object, path: joined(key), notes: notes)
        value = section
    }

    mutating func sections<Section: OptionalSection>(_ key: String, _ value: inout [Section]) {
        guard let elements = array(key, of: "objects") else { return }
        value = elements.compactMap { element in
            guard case .object(let members) = element.value else {
                wrongType(element.key, "an object", element.value)
                return nil
            }
            var section = Section()
            Self.read(&section, members, path: joined(element.key), notes: notes)
            return section
        }
    }

    mutating func named<Section: NamedSection>(
        _ key: String, _ value: inout NamedTable<Section>, _ rule: TextRule, make: (String) -> Section
    ) {
        guard let object = object(key) else { return }
        value = []
        for (name, element) in object.sorted(by: { $0.key < $1.key }) {
            let place = "\(key).\(name)"
            if let problem = rule.problem(name) { note(place, problem, "rename it") }
            guard case .object(let members) = element else {
                wrongType(place, "an object", element)
                continue
            }
            var section = make(name)
            Self.read(&section, members, path: joined(place), notes: notes)
            value.append(section)
        }
    }

    mutating func free(_ key: String, _ value: inout [String: JSONValue]) {
        guard let object = object(key) else { return }
        value = object
    }
}

extension ConfigurationReader {
    /// The value of a key, which is thereby known; nil when the file does not have it.
    private mutating func take(_ key: String) -> JSONValue? {
        known.append(key)
        return members[key]
    }

    private mutating func object(_ key: String) -> [String: JSONValue]? {
        guard let found = take(key) else { return nil }
        guard case .object(let object) = found else {
            wrongType(key, "an object", found)
            return nil
        }
        return object
    }

    private mutating func array(_ key: String, of what: String) -> [(key: String, value: JSONValue)]? {
        guard let found = take(key) else { return nil }
        guard case .array(let elements) = found else {
            wrongType(key, "an array of \(what)", found)
            return nil
        }
        return elements.enumerated().map { ("\(key)[\($0.offset)]", $0.element) }
    }

    private func read(_ found: JSONValue, _ key: String, _ value: inout Int, in range: ClosedRange<Int>) {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        switch found {
        case .integer(let number):
            if range.contains(number) {
                value = number
            } else {
                note(key, "\(number) is out of range", "set it to \(expected)")
            }
        case .text(let text) where Int(text) != nil: wrongType(key, expected, found, "remove the quotes")
        default: wrongType(key, expected, found)
        }
    }

    private func text(_ found: JSONValue, _ key: String, _ rule: TextRule) -> String? {
        guard case .text(let text) = found else {
            wrongType(key, "a text", found)
            return nil
        }
        if let problem = rule.problem(text) {
            note(key, problem, "")
            return nil
        }
        return text
    }

    private func choice<Choice: KeyChoice>(_ found: JSONValue, _ key: String) -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        if case .text(let text) = found {
            if let choice = Choice(rawValue: text) { return choice }
            let guess = NearestName.to(text, among: words).map { "did you mean \($0)? " } ?? ""
            note(key, "\(TextRule.quoted(text)) is not known", "\(guess)it is one of \(words.joined(separator: ", "))")
        } else {
            wrongType(key, "one of \(words.joined(separator: ", "))", found)
        }
        return nil
    }

    private func network(_ found: JSONValue, _ key: String) -> CIDRBlock? {
        guard let text = text(found, key, .notEmpty) else { return nil }
        if let network = CIDRBlock(text) { return network }
        note(
            key, "\(TextRule.quoted(text)) is not a network",
            "write it as 192.0.2.0/24, 2001:db8::/32 or a bare address")
        return nil
    }

    private func secret(_ found: JSONValue, _ key: String, warnsWhenLiteral: Bool) -> Secret? {
        guard case .text(let text) = found else {
            // Not `wrongType`, which would print what was found.
            note(key, "expected a text", "write \"env:NAME\", \"file:/path\" or the secret itself in quotes")
            return nil
        }
        do throws(SecretResolver.Unresolved) {
            let secret = try notes.resolver.resolve(text)
            if warnsWhenLiteral { warn(of: secret, key) }
            return secret
        } catch {
            note(key, error.message, error.remedy)
            return nil
        }
    }

    /// A credential may also be a number, or an object such as a service account's key, which is kept as its JSON.
    private func credential(_ found: JSONValue, _ key: String, warnsWhenLiteral: Bool) -> Secret? {
        switch found {
        case .text: return secret(found, key, warnsWhenLiteral: warnsWhenLiteral)
        default:
            let secret = Secret(origin: .literal, bytes: Array(found.json.utf8))
            if warnsWhenLiteral { warn(of: secret, key) }
            return secret
        }
    }

    private func warn(of secret: Secret, _ key: String) {
        if secret.origin == .literal {
            note(
                key, "the secret itself stands in the file", "write \"env:NAME\" or \"file:/path\" instead",
                severity: .warning)
        }
        if let first = secret.bytes.first, let last = secret.bytes.last, first <= 0x20 || last <= 0x20 {
            note(key, "the secret begins or ends with white space", "remove it unless it is meant", severity: .warning)
        }
    }

    private func wrongType(_ key: String, _ expected: String, _ found: JSONValue, _ remedy: String = "") {
        note(key, "expected \(expected), found \(found.kind)", remedy)
    }

    private func note(
        _ key: String, _ message: String, _ remedy: String, severity: ConfigurationIssue.Severity = .error
    ) {
        notes.issues.append(
            ConfigurationIssue(keyPath: joined(key), message: message, remedy: remedy, severity: severity))
    }

    private func joined(_ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }
}

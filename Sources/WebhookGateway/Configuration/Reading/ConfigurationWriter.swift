import Verifiers

/// Prints a section as JSON with every key, in the order of its visit; secrets appear as references or dots.
struct ConfigurationWriter: KeyVisitor {
    private var members: [(key: String, json: String)] = []
    private let depth: Int

    private init(depth: Int) { self.depth = depth }

    /// The whole section as indented JSON.
    static func json(_ section: some ConfigurationSection) -> String {
        json(section, depth: 0)
    }

    private static func json(_ section: some ConfigurationSection, depth: Int) -> String {
        var section = section
        var writer = ConfigurationWriter(depth: depth)
        section.visit(&writer)
        return writer.object(writer.members)
    }

    mutating func integer(_ key: String, _ value: inout Int, in range: ClosedRange<Int>) { add(key, .integer(value)) }

    mutating func requiredInteger(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, remedy: String) {
        add(key, .integer(value))
    }

    mutating func optionalInteger(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>) {
        add(key, value.map { .integer($0) } ?? .null)
    }

    mutating func boolean(_ key: String, _ value: inout Bool) { add(key, .boolean(value)) }

    mutating func text(_ key: String, _ value: inout String, _ rule: TextRule) { add(key, .text(value)) }

    mutating func requiredText(_ key: String, _ value: inout String, remedy: String) { add(key, .text(value)) }

    mutating func optionalText(_ key: String, _ value: inout String?, _ rule: TextRule) {
        add(key, value.map { .text(URLMask.masked($0)) } ?? .null)
    }

    mutating func texts(_ key: String, _ value: inout [String], _ rule: TextRule) {
        add(key, .array(value.map { .text($0) }))
    }

    mutating func textMap(_ key: String, _ value: inout [String: String], _ rule: TextRule) {
        add(key, .object(value.mapValues { .text($0) }))
    }

    mutating func choice<Choice: KeyChoice>(_ key: String, _ value: inout Choice) { add(key, .text(value.rawValue)) }

    mutating func optionalChoice<Choice: KeyChoice>(_ key: String, _ value: inout Choice?) {
        add(key, value.map { .text($0.rawValue) } ?? .null)
    }

    mutating func networks(_ key: String, _ value: inout [CIDRBlock]) {
        add(key, .array(value.map { .text($0.description) }))
    }

    mutating func optionalNetworks(_ key: String, _ value: inout [CIDRBlock]?) {
        add(key, value.map { .array($0.map { .text($0.description) }) } ?? .null)
    }

    mutating func secrets(_ key: String, _ value: inout [Secret]) {
        add(key, .array(value.map { .text($0.reference) }))
    }

    mutating func optionalSecret(_ key: String, _ value: inout Secret?) {
        add(key, value.map { .text($0.reference) } ?? .null)
    }

    mutating func secretMap(_ key: String, _ value: inout [String: Secret]) {
        add(key, .object(value.mapValues { .text($0.reference) }))
    }

    mutating func optionalURL(_ key: String, _ value: inout Secret?, _ rule: TextRule) {
        add(key, value.map { .text($0.origin == .literal ? URLMask.masked($0.text) : $0.reference) } ?? .null)
    }

    mutating func section(_ key: String, _ value: inout some ConfigurationSection) {
        members.append((key, Self.json(value, depth: depth + 1)))
    }

    mutating func optionalSection<Section: OptionalSection>(_ key: String, _ value: inout Section?) {
        members.append((key, value.map { Self.json($0, depth: depth + 1) } ?? "null"))
    }

    mutating func sections<Section: OptionalSection>(_ key: String, _ value: inout [Section]) {
        let elements = value.map { Self.json($0, depth: depth + 1) }
        members.append((key, "[\(elements.joined(separator: ", "))]"))
    }

    mutating func named<Section: NamedSection>(
        _ key: String, _ value: inout NamedTable<Section>, _ rule: TextRule, make: (String) -> Section
    ) {
        let table = ConfigurationWriter(depth: depth + 1)
        let entries = value.map { (key: $0.name, json: Self.json($0, depth: depth + 2)) }
        members.append((key, table.object(entries)))
    }

    mutating func free(_ key: String, _ value: inout [String: JSONValue]) {
        add(key, .object(value.mapValues { $0 }).maskingSecrets())
    }
}

extension ConfigurationWriter {
    private mutating func add(_ key: String, _ value: JSONValue) {
        members.append((key, value.json))
    }

    private func object(_ members: [(key: String, json: String)]) -> String {
        if members.isEmpty { return "{}" }
        let indent = String(repeating: "  ", count: depth + 1)
        let lines = members.map { "\(indent)\(JSONValue.text($0.key).json): \($0.json)" }
        return "{\n\(lines.joined(separator: ",\n"))\n\(String(repeating: "  ", count: depth))}"
    }
}

extension JSONValue {
    /// The value with dots for what stands under a key that names a secret.
    fileprivate func maskingSecrets() -> JSONValue {
        switch self {
        case .object(let members):
            var masked: [String: JSONValue] = [:]
            for (name, value) in members {
                masked[name] =
                    SecretNames.isSecret(name) && value != .null ? .text(Secret.mask) : value.maskingSecrets()
            }
            return .object(masked)
        case .array(let values): return .array(values.map { $0.maskingSecrets() })
        case .null, .boolean, .integer, .decimal, .text: return self
        }
    }
}

import Verifiers

/// Lists every key there is, with `*` for the names of sources and destinations.
struct KeyLister: KeyVisitor {
    private(set) var keyPaths: [String] = []
    private let path: String

    private init(path: String) { self.path = path }

    /// Every key path of the configuration.
    static func all() -> [String] {
        list(Configuration(), path: "")
    }

    private static func list(_ section: some ConfigurationSection, path: String) -> [String] {
        var section = section
        var lister = KeyLister(path: path)
        section.visit(&lister)
        return lister.keyPaths
    }

    private mutating func add(_ key: String) { keyPaths.append(path + key) }

    private mutating func add(_ key: String, _ section: some ConfigurationSection) {
        keyPaths += Self.list(section, path: "\(path)\(key).")
    }

    mutating func integer(_ key: String, _ value: inout Int, in range: ClosedRange<Int>) { add(key) }
    mutating func requiredInteger(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, remedy: String) {
        add(key)
    }
    mutating func optionalInteger(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>) { add(key) }
    mutating func boolean(_ key: String, _ value: inout Bool) { add(key) }
    mutating func text(_ key: String, _ value: inout String, _ rule: TextRule) { add(key) }
    mutating func requiredText(_ key: String, _ value: inout String, remedy: String) { add(key) }
    mutating func optionalText(_ key: String, _ value: inout String?, _ rule: TextRule) { add(key) }
    mutating func texts(_ key: String, _ value: inout [String], _ rule: TextRule) { add(key) }
    mutating func textMap(_ key: String, _ value: inout [String: String], _ rule: TextRule) { add(key) }
    mutating func choice<Choice: KeyChoice>(_ key: String, _ value: inout Choice) { add(key) }
    mutating func optionalChoice<Choice: KeyChoice>(_ key: String, _ value: inout Choice?) { add(key) }
    mutating func networks(_ key: String, _ value: inout [CIDRBlock]) { add(key) }
    mutating func optionalNetworks(_ key: String, _ value: inout [CIDRBlock]?) { add(key) }
    mutating func secrets(_ key: String, _ value: inout [Secret]) { add(key) }
    mutating func optionalSecret(_ key: String, _ value: inout Secret?) { add(key) }
    mutating func secretMap(_ key: String, _ value: inout [String: Secret]) { add(key) }
    mutating func optionalURL(_ key: String, _ value: inout Secret?, _ rule: TextRule) { add(key) }
    mutating func section(_ key: String, _ value: inout some ConfigurationSection) { add(key, value) }
    mutating func optionalSection<Section: OptionalSection>(_ key: String, _ value: inout Section?) {
        add(key, Section())
    }
    mutating func sections<Section: OptionalSection>(_ key: String, _ value: inout [Section]) {
        add("\(key)[]", Section())
    }
    mutating func named<Section: NamedSection>(
        _ key: String, _ value: inout NamedTable<Section>, _ rule: TextRule, make: (String) -> Section
    ) {
        add("\(key).*", make("*"))
    }
    mutating func free(_ key: String, _ value: inout [String: JSONValue]) { add(key) }
}

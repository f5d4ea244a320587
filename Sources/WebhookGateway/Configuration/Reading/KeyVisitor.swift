import Verifiers

/// A part of the configuration: it names each of its keys once, for reading, printing and listing alike.
protocol ConfigurationSection: Sendable, Equatable {
    /// Shows every key to the visitor, in the order of the documentation.
    mutating func visit(_ keys: inout some KeyVisitor)
}

/// A section that is an entry of a table and is known by its key there.
protocol NamedSection: ConfigurationSection {
    var name: String { get }
}

/// What can be done with the keys of a section: read them from a file, print them, list them.
///
/// A value holds its default when it is visited; a reader leaves it alone when the file does not have the key.
protocol KeyVisitor {
    mutating func integer(_ key: String, _ value: inout Int, in range: ClosedRange<Int>)
    mutating func requiredInteger(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, remedy: String)
    mutating func optionalInteger(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>)
    mutating func boolean(_ key: String, _ value: inout Bool)

    mutating func text(_ key: String, _ value: inout String, _ rule: TextRule)
    mutating func requiredText(_ key: String, _ value: inout String, remedy: String)
    mutating func optionalText(_ key: String, _ value: inout String?, _ rule: TextRule)
    mutating func texts(_ key: String, _ value: inout [String], _ rule: TextRule)
    /// An object of texts whose keys are the operator's own; `rule` is for the values.
    mutating func textMap(_ key: String, _ value: inout [String: String], _ rule: TextRule)

    mutating func choice<Choice: KeyChoice>(_ key: String, _ value: inout Choice)
    mutating func optionalChoice<Choice: KeyChoice>(_ key: String, _ value: inout Choice?)

    mutating func networks(_ key: String, _ value: inout [CIDRBlock])
    mutating func optionalNetworks(_ key: String, _ value: inout [CIDRBlock]?)

    mutating func secrets(_ key: String, _ value: inout [Secret])
    mutating func optionalSecret(_ key: String, _ value: inout Secret?)
    /// An object of secrets by names the file is free to choose.
    mutating func secretMap(_ key: String, _ value: inout [String: Secret])
    /// A URL: may carry a password, so it may be a reference like a secret, but is no fault when literal.
    mutating func optionalURL(_ key: String, _ value: inout Secret?, _ rule: TextRule)

    mutating func section(_ key: String, _ value: inout some ConfigurationSection)
    mutating func optionalSection<Section: OptionalSection>(_ key: String, _ value: inout Section?)
    mutating func sections<Section: OptionalSection>(_ key: String, _ value: inout [Section])
    /// A table of sections; each starts as what `make` says for its name.
    mutating func named<Section: NamedSection>(
        _ key: String, _ value: inout NamedTable<Section>, _ rule: TextRule, make: (String) -> Section)

    /// An object that this program's other parts understand.
    mutating func free(_ key: String, _ value: inout [String: JSONValue])
}

/// A section that may be absent and starts from defaults when it is there.
protocol OptionalSection: ConfigurationSection {
    init()
}

extension TLSConfiguration: OptionalSection {}
extension TLSConfiguration.NamedCertificate: OptionalSection {}
extension JWTConfiguration: OptionalSection {}
extension RateLimitConfiguration: OptionalSection {}
extension KMSConfiguration: OptionalSection {}

/// A value out of a fixed list of words.
typealias KeyChoice = CaseIterable & RawRepresentable<String>

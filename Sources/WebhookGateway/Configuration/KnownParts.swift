import Verifiers

/// What the rest of the program knows that a configuration is checked against.
struct KnownParts: Sendable {
    /// The destination types there are.
    var destinationTypes: Set<String>
    /// Those of them that send one event a request, whatever `batch` says.
    var singleEventTypes: Set<String> = []
    /// The provider of a name, be it the operator's own or bundled; nil when there is none. `changes` are the parts of
    /// the definition that a source has otherwise.
    var provider:
        @Sendable (
            _ name: String, _ own: [String: JSONValue], _ changes: [String: JSONValue]
        ) throws(ConfigurationError) -> ProviderKind? = { name, _, _ in ProviderCatalog.named(name).map { .native($0) }
        }
    /// The bundled mappings, besides the one each provider has.
    var mappingNames: Set<String> = []
    /// What is wrong with the mapping of a name among all; key paths begin with `mappings.<name>`, or with that of one it
    /// extends.
    var mappingIssues: @Sendable (_ name: String, _ all: [String: JSONValue]) -> [ConfigurationIssue] = { _, _ in [] }
    /// What the destination's type finds wrong with it; key paths are relative to the destination.
    var destinationIssues: @Sendable (_ destination: DestinationConfiguration) -> [ConfigurationIssue] = { _ in [] }
}

import Verifiers

/// What a destination calls an event, and which of its data it gets: rules in the mapping language (docs/mappings.md),
/// bundled with the type, replaced or extended by the setting `mapping`.
///
/// The rules match the event's canonical type, or `order.completed` and `order.refunded` for sales and refunds; paths
/// with `$.` in front start at the envelope.
struct DestinationMapping: Sendable {
    struct Mapped: Equatable, Sendable {
        /// The destination's type, if the rule gives one; else the type that was matched.
        var type: String
        /// Whether the rule names the type.
        var isNamed: Bool
        /// The properties, an object in JSON.
        var properties: [UInt8]
    }

    /// What the mapper puts before the type when the rule names none; no rule can give such a name.
    private static let unnamed = "*"

    private let mapper: Mapper

    init(bundled: String, _ configuration: DestinationConfiguration) throws(InvalidDestination) {
        do throws(ConfigurationError) {
            let bundled = try MappingRules(json5: bundled, named: configuration.type)
            guard let own = configuration.settings["mapping"], own != .null else {
                mapper = Mapper(provider: Self.unnamed, rules: bundled)
                return
            }
            let isExtension =
                if case .object(let members) = own { members["extends"] == .text(configuration.type) } else { false }
            mapper = Mapper(
                provider: Self.unnamed,
                rules: try MappingRules(own, at: "settings.mapping", extending: isExtension ? bundled : nil))
        } catch {
            let issue = error.issues.first
            throw InvalidDestination(
                key: issue?.keyPath ?? "settings.mapping",
                reason: issue.map { "\($0.message); \($0.remedy)" } ?? "cannot be read")
        }
    }

    /// Maps an event; one that no rule fits, or whose fields fail, is refused with the reason.
    func map(_ event: CommerceEvent) throws(RefusedEvent) -> Mapped {
        let type = event.mappedType
        let source = ProviderEvent(key: event.event.id, type: type, subject: event.event.subject, payload: .root)
        var properties: [UInt8] = []
        let mapped: Mapper.Mapped
        do throws(MappingFailure) {
            mapped = try mapper.map(source, in: event.event.document, data: &properties)
        } catch {
            throw .dataError(error.description)
        }
        guard mapped.isCanonical else {
            throw RefusedEvent(
                category: .configuration,
                reason: "the mapping has no rule for \(type); add one, or leave the type out by the filter")
        }
        let isNamed = mapped.type != "\(Self.unnamed).\(type)"
        return Mapped(type: isNamed ? mapped.type : type, isNamed: isNamed, properties: properties)
    }
}

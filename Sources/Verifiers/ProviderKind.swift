/// A provider that sources can be of: one written in Swift, or one made from a definition.
public enum ProviderKind: Sendable, Equatable {
    /// Written in Swift, for speed or because its bodies need it.
    case native(any NativeProvider.Type)
    /// Made from a definition.
    case declared(ProviderDefinition)

    /// The name in configuration, metrics and events.
    public var name: String {
        switch self {
        case .native(let type): type.name
        case .declared(let definition): definition.name
        }
    }

    /// The methods by which it asks the endpoint questions.
    public var handshakeMethods: [String] {
        switch self {
        case .native(let type): type.answersHandshakes ? ["GET", "HEAD"] : []
        case .declared(let definition): definition.handshakes.flatMap(\.methods)
        }
    }

    /// What it is answered, where it wants something of its own.
    public var answers: AnswerRules {
        switch self {
        case .native: AnswerRules()
        case .declared(let definition): definition.answers
        }
    }

    /// Whether the archive holds the events instead of the body, which has what nobody may keep.
    public var archivesEvents: Bool {
        switch self {
        case .native: false
        case .declared(let definition): definition.events.archivesEvents || !definition.events.redacted.isEmpty
        }
    }

    /// A provider with a source's settings.
    public func provider(_ settings: ProviderSettings) throws(InvalidSettings) -> any Provider {
        switch self {
        case .native(let type): try type.init(settings)
        case .declared(let definition): try DeclaredProvider(definition, settings)
        }
    }

    /// Two kinds are the same when they are of one type, or of equal definitions.
    public static func == (left: ProviderKind, right: ProviderKind) -> Bool {
        switch (left, right) {
        case (.native(let left), .native(let right)): left == right
        case (.declared(let left), .declared(let right)): left == right
        case (.native, .declared), (.declared, .native): false
        }
    }
}

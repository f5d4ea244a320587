import Verifiers

/// The providers with what people are told of them: definitions are read once, not for each request.
@ControlPlane
final class ProviderGallery {
    typealias Entry = (name: String, card: ProviderCard, kind: ProviderKind)

    private var known: (own: [String: JSONValue], entries: [Entry])?

    /// All there are, by name; `own` are the operator's definitions.
    func providers(_ own: [String: JSONValue]) throws(ConfigurationError) -> [Entry] {
        if let known, known.own == own { return known.entries }
        let library = ProviderLibrary(own: own)
        var entries: [Entry] = []
        for name in library.names {
            guard let card = try library.card(named: name), let kind = try library.kind(named: name) else { continue }
            entries.append((name, card, kind))
        }
        known = (own, entries)
        return entries
    }
}

import Verifiers

extension ProviderLibrary {
    /// What people are told of a provider; nil when there is none of that name.
    func card(named name: String) throws(ConfigurationError) -> ProviderCard? {
        switch try kind(named: name) {
        case .declared(let definition)?: return ProviderCard(definition, isOwn: isOwn(name))
        case .native?: return NativeProviderFacts.all.first { $0.name == name }.map { ProviderCard(native: $0) }
        case nil: return nil
        }
    }

    /// The cards of all that is bundled: those written in Swift first.
    static func bundledCards() throws(ConfigurationError) -> [ProviderCard] {
        let library = ProviderLibrary()
        var cards: [ProviderCard] = []
        for name in ProviderCatalog.names {
            if let card = try library.card(named: name) { cards.append(card) }
        }
        return cards
    }
}

extension ProviderCard {
    /// The card as one line of JSON.
    var line: JSONLine {
        var line = JSONLine()
        line.add("provider", name)
        line.add("title", title)
        line.add("from", origin)
        line.add("documentation", documentation)
        line.add(
            "proofs",
            list: proofs.map { proof in
                var line = JSONLine()
                line.add("label", proof.label)
                line.add("kind", proof.kind)
                line.add("place", proof.place)
                line.add("signed", proof.signed)
                line.add("age", proof.tolerance)
                return line.json
            })
        line.add("keys", list: keys.map { Array(JSONValue.text($0.name).json.utf8) })
        line.add("setup", list: setup.map { Array(JSONValue.text($0).json.utf8) })
        line.add(
            "types",
            list: types.map { type in
                var line = JSONLine()
                line.add("providertype", type.theirs)
                line.add("type", type.ours)
                return line.json
            })
        var inner = JSONLine()
        for fact in facts { inner.add(fact.name, fact.text) }
        line.add("facts", json: inner.json)
        line.add("vectors", vectors)
        return line
    }
}

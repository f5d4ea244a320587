/// A provider's page in docs/providers: `providers show NAME --markdown` prints it.
struct ProviderPage {
    let card: ProviderCard

    /// The page as Markdown.
    var markdown: String {
        ([head] + [setup, configuration, proofs, handshakes, types, facts, trying].filter { !$0.isEmpty })
            .joined(separator: "\n\n") + "\n"
    }

    /// The list of all pages.
    static func index(_ cards: [ProviderCard]) -> String {
        let rows = cards.map { card in
            let proof = card.proofs.map(\.kind).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            return "| [`\(card.name)`](\(card.name).md) | \(card.title) | \(proof.joined(separator: ", ")) |"
        }
        return """
            # Providers

            Made by `webhook-gateway providers show --all --markdown docs/providers`; do not edit. A provider that is not here:
            [add a provider](../add-a-provider.md).

            | `provider` | what | proof |
            | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
    }

    private var head: String {
        let source = card.documentation.map { " The provider's own page: <\($0)>." } ?? ""
        return
            "# \(card.title)\n\nMade by `webhook-gateway providers show \(card.name) --markdown`; do not edit.\(source)"
    }

    private var setup: String {
        "## Set up\n\n" + card.setup.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n")
    }

    private var configuration: String {
        let keys = ["provider: \"\(card.name)\""] + card.keys.map { "\($0.name): \($0.value)" }
        return """
            ## Configuration

            ```json5
            {
              sources: {
                \(card.name == "none" || card.name.contains("-") ? "\"\(card.name)\"" : card.name): { \(keys.joined(separator: ", ")) },
              },
            }
            ```
            """
    }

    private var proofs: String {
        let rows = card.proofs.map { proof in
            let label = proof.label.isEmpty ? "" : "\(proof.label): "
            let signed = proof.signed == "nothing" ? "nothing" : "`\(proof.signed)`"
            return "| \(label)\(proof.kind) | \(proof.place) | \(signed) | \(proof.tolerance) |"
        }
        return """
            ## How a delivery proves itself

            | proof | where | what is signed | age |
            | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))
            """
    }

    private var handshakes: String {
        guard !card.handshakes.isEmpty else { return "" }
        return "## What it asks of the endpoint\n\n" + card.handshakes.map { "- \($0)" }.joined(separator: "\n")
    }

    private var types: String {
        guard !card.types.isEmpty else {
            return """
                ## What becomes of its events

                Every type passes through as `\(card.name).<type>`, with the payload under `data.raw`.
                """
        }
        let rows = card.types.map {
            "| `\($0.theirs.replacing(", under a condition", with: "`, under a condition"))\($0.theirs.contains(", under") ? "" : "`") | `\($0.ours)` |"
        }
        return """
            ## What becomes of its events

            | its type | ours |
            | --- | --- |
            \(rows.joined(separator: "\n"))

            Every other type passes through as `\(card.name).<type>`, with the payload under `data.raw`.
            """
    }

    private var facts: String {
        guard !card.facts.isEmpty else { return "" }
        return "## Good to know\n\n" + card.facts.map { "- \($0.name): \($0.text)" }.joined(separator: "\n")
    }

    private var trying: String {
        """
        ## Try it

        `webhook-gateway send SOURCE` signs and posts a fixture as \(card.title) would; `webhook-gateway verify --source SOURCE --request FILE`
        says of a captured request why it is accepted or refused.
        """
    }
}

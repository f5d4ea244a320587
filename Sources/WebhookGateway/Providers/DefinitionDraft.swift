/// The facts from which `providers new` writes a definition.
struct DefinitionDraft {
    var title: String
    var kind = "hmac"
    var algorithm = "sha256"
    var signature = "header:X-Signature"
    var prefix = ""
    var encoding = "hex"
    var signed = "{body}"
    var timestamp: String?
    var unit = "s"
    var id = "/id"
    var type = "/type"
    var time = "/created_at"
    var subject = "/data/id"

    /// The definition as JSON5, with a comment where the writer has to go on.
    var json5: String {
        let isSigned = ["hmac", "hash", "ecdsaP256", "ed25519", "rsa"].contains(kind)
        var proof = ["kind: \(text(kind))"]
        if ["hmac", "hash"].contains(kind) { proof.append("algorithm: \(text(algorithm))") }
        if isSigned {
            var rule = ["from: \(text(signature))"]
            if !prefix.isEmpty { rule.append("prefix: \(text(prefix))") }
            rule.append("encoding: \(text(encoding))")
            proof.append("signature: { \(rule.joined(separator: ", ")) }")
            if let timestamp { proof.append("timestamp: { from: \(text(timestamp)), unit: \(text(unit)) }") }
            proof.append("signed: \(text(signed))")
        } else if kind == "shared" {
            proof.append("signature: \(text(signature))")
        }
        return """
            // A provider's definition: docs/add-a-provider.md.
            {
              title: \(text(title)),
              proof: {
                \(proof.joined(separator: ",\n    ")),
              },
              event: {
                id: \(text(id)), type: \(text(type)), time: \(text(time)), subject: \(text(subject)),
              },
              // What its types become (docs/mappings.md); what is not listed passes through.
              mapping: [],
              // A delivery with its verdict: the provider's documentation often has one.
              vectors: [],
            }

            """
    }

    private func text(_ text: String) -> String { JSONValue.text(text).json }
}

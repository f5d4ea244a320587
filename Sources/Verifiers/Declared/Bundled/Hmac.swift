extension BundledDefinitions {
    /// Any provider that signs the body by HMAC; the source says what is otherwise.
    static let hmac = Text(
        name: "hmac",
        json5: #"""
            {
              title: "HMAC", documentation: "https://www.rfc-editor.org/rfc/rfc2104",
              setup: [
                "For a provider that signs its bodies with HMAC and is not in the list. The defaults: `X-Signature: <hex of HMAC-SHA256(secret, body)>`.",
                "Say under `definition` of the source what is otherwise, as in `definition: { proof: { signature: { from: \"header:X-Acme-Signature\", prefix: \"sha256=\", encoding: \"base64\" } } }`.",
                "A provider that several sources use is better a definition of its own: docs/add-a-provider.md.",
              ],
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: ["header:X-Signature", "header:X-Webhook-Signature"], encoding: "hex" }, signed: "{body}",
              },
              body: ["json", "form"],
              event: {
                id: ["/id", "/event_id", "/eventId"], type: ["/type", "/event", "/event_type"], time: ["/created_at", "/timestamp", "/time", "/created"],
                subject: ["/data/id", "/subject"], renew: ["/id", "/event_id", "/eventId"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              vectors: [
                {
                  name: "RFC 4231, test case 2", origin: "rfc-editor.org/rfc/rfc4231", secrets: ["Jefe"],
                  headers: { "X-Signature": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" }, body: "what do ya want for nothing?",
                },
              ],
            }
            """#)
}

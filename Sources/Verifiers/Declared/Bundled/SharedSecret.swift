extension BundledDefinitions {
    /// Any provider that sends a secret along, in a header or in the URL.
    static let sharedSecret = Text(
        name: "shared-secret",
        json5: #"""
            {
              title: "Shared secret",
              setup: [
                "For a provider that does not sign and can send a fixed header, a bearer token or a secret in the URL.",
                "Enter the secret there as the header `X-Webhook-Secret`, as `Authorization: Bearer …`, or in the URL as `?secret=…`; the same in `secrets`.",
                "Another header: `definition: { proofs: [{ kind: \"shared\", signature: \"header:X-Acme-Token\" }] }`; basic authentication: `[{ kind: \"basic\" }]` with `user:password` as the secret.",
              ],
              facts: { security: "whoever reads one delivery can forge others: take deliveries over HTTPS only, and list allowedAddresses if you can" },
              proofs: [
                { label: "X-Webhook-Secret", kind: "shared", signature: ["header:X-Webhook-Secret", "header:X-API-Key"] },
                { label: "bearer token", kind: "bearer" },
                { label: "URL secret", kind: "urlSecret" },
              ],
              body: ["json", "form", "xml"],
              event: {
                id: ["/id", "/event_id", "/eventId"], type: ["/type", "/event", "/event_type"], time: ["/created_at", "/timestamp", "/time", "/created"],
                subject: ["/data/id", "/subject"], renew: ["/id", "/event_id", "/eventId"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              vectors: [
                { name: "in the header", secrets: ["s"], headers: { "X-Webhook-Secret": "s" }, body: '{"id":"1","type":"a"}', keys: ["1"], types: ["a"] },
                { name: "as a bearer token", secrets: ["s"], headers: { Authorization: "Bearer s" }, body: "{}" },
                { name: "in the URL", secrets: ["s"], target: "/w?secret=s", body: "{}" },
                { name: "wrong", secrets: ["s"], headers: { "X-Webhook-Secret": "t" }, body: "{}", expect: "mismatch" },
                { name: "nowhere", secrets: ["s"], body: "{}", expect: "missing" },
              ],
            }
            """#)
}

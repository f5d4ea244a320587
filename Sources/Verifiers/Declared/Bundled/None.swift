extension BundledDefinitions {
    /// A provider that proves nothing; refused unless the source says so.
    static let none = Text(
        name: "none",
        json5: #"""
            {
              title: "No authentication",
              setup: [
                "For a sender inside your own network that can prove nothing. Anybody who reaches the endpoint can send events.",
                "Say `allowUnauthenticated: true` in the source, or better list `allowedAddresses`.",
              ],
              proof: { kind: "none" },
              body: ["json", "form", "xml"],
              event: {
                id: ["/id", "/event_id", "/eventId"], type: ["/type", "/event", "/event_type"], time: ["/created_at", "/timestamp", "/time", "/created"],
                subject: ["/data/id", "/subject"], renew: ["/id", "/event_id", "/eventId"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              vectors: [{ name: "anything", allowUnauthenticated: true, body: '{"id":"1"}', keys: ["1"], types: ["event"] }],
            }
            """#)
}

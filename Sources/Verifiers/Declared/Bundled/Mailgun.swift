extension BundledDefinitions {
    /// Mailgun (documentation.mailgun.com, Securing webhooks): token and timestamp are signed, the body is not.
    static let mailgun = Text(
        name: "mailgun",
        json5: #"""
            {
              title: "Mailgun", documentation: "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
              setup: [
                "Under Sending, Webhooks choose the domain and Add webhook: the event types and `https://HOST/webhooks/SOURCE`.",
                "Copy the HTTP webhook signing key (Account settings, API security) into `secrets`.",
                "Take deliveries over HTTPS only: the signature does not cover the body, so whoever reads one delivery can forge others until its timestamp is too old.",
              ],
              facts: {
                answer: "200 and nothing else is success; 406 means never again", retries: "5, 10, 15 min, 1, 2, 4 h; delivered notifications are not retried",
                order: "not guaranteed", security: "the body is not signed; each token is good for one event only, however often it is repeated, in all processes (while Redis is away: in each)",
              },
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: ["/signature/signature", "form:signature"], encoding: "hex" },
                timestamp: { from: ["/signature/timestamp", "form:timestamp"] },
                id: ["/signature/token", "form:token"],
                signed: "{timestamp}{id}", bodyUnsigned: true,
                // Its token is good for one event, since whoever saw it could prove any other body with it.
                singleUse: ["/event-data/id", "form:Message-Id"],
              },
              body: ["json", "form"],
              event: {
                split: "/event-data", id: ["{/id}|{/timestamp}", "{/token}"], type: "/event", time: "/timestamp", timeFormat: "float",
                subject: ["/message/headers/message-id", "/Message-Id"], renew: ["/id"],
              },
              sampleHeaders: { "Content-Type": "application/json", "User-Agent": "mailgun/treq-17.8.0" },
              mapping: {
                shared: {
                  mail: {
                    "customer.email": "recipient", "email.id": "message.headers.message-id", "email.subject": "message.headers.subject",
                    "email.url": "url", "reason.code": "reason",
                    "reason.message": ["delivery-status.message", "delivery-status.description"],
                  },
                },
                rules: [
                  { match: "failed", when: { severity: "permanent" }, type: "email.bounced", use: "mail" },
                  {
                    match: {
                      accepted: "email.sent", delivered: "email.delivered", failed: "email.delayed", opened: "email.opened",
                      clicked: "email.clicked", complained: "email.complained", unsubscribed: "contact.unsubscribed",
                    },
                    use: "mail",
                  },
                ],
              },
              vectors: [
                {
                  name: "the documentation's sample, signed with its published key", origin: "django-anymail tests, documentation.mailgun.com",
                  secrets: ["key-3ax6xnjp29jd6fds4gc373sgvjxteol0"], at: 1529006860,
                  body: '{"signature":{"timestamp":"1529006854","token":"a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0","signature":"b63c0701c4f4b614f272106a1b367c5c3369bcdca664ae73ebd52787e45eef07"},"event-data":{"event":"opened","timestamp":1529006854.329574,"id":"DACSsAdVSeGpLid7TN03WA"}}',
                  types: ["opened"], keys: ["DACSsAdVSeGpLid7TN03WA|1529006854.329574"],
                },
                {
                  name: "the same as a form", secrets: ["key-3ax6xnjp29jd6fds4gc373sgvjxteol0"], at: 1529006860,
                  headers: { "Content-Type": "application/x-www-form-urlencoded" },
                  body: "event=opened&timestamp=1529006854&token=a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0&signature=b63c0701c4f4b614f272106a1b367c5c3369bcdca664ae73ebd52787e45eef07",
                  types: ["opened"],
                },
              ],
            }
            """#)
}

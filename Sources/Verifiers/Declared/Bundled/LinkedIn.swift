extension BundledDefinitions {
    /// LinkedIn (learn.microsoft.com/linkedin, Webhook validation).
    static let linkedIn = Text(
        name: "linkedin",
        json5: #"""
            {
              title: "LinkedIn", documentation: "https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation",
              setup: [
                "Put the application's client secret into `secrets` and start the gateway: LinkedIn checks the URL when it is saved, and every 2 hours.",
                "In the developer portal, under Webhooks, choose Create webhook and enter `https://HOST/webhooks/SOURCE`.",
              ],
              facts: {
                answer: "2xx; the check within 3 s", retries: "social actions every 5 min for 8 hours",
                check: "every 2 hours; three failures in a row block the endpoint", order: "not guaranteed; up to 10 notifications in one delivery",
              },
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: "header:X-LI-Signature", encoding: "hex" },
                signed: "hmacsha256={body}",
              },
              handshakes: [
                {
                  methods: ["GET"], when: { "query:challengeCode": true }, value: "query:challengeCode",
                  code: { algorithm: "sha256", encoding: "hex" }, contentType: "application/json",
                  answer: '{"challengeCode":{value:json},"challengeResponse":"{code}"}',
                },
              ],
              event: {
                split: "/notifications/*", inherit: { type: "/type" },
                id: ["/notificationId", "{/leadGenFormResponse}|{/leadAction}", "sha256:{sha256:event}"], type: "/type",
                time: ["/lastModifiedAt", "/occurredAt"], timeFormat: "ms",
                subject: ["/leadGenFormResponse", "/generatedActivity", "/sourcePost", "/notificationId"],
                account: ["/organizationalEntity", "/owner/organization"], renew: ["/notificationId", "/leadGenFormResponse"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              mapping: [
                {
                  match: "LEAD_ACTION", when: { leadAction: "CREATED" }, type: "lead.created", subject: "leadGenFormResponse",
                  fields: { "lead.id": "leadGenFormResponse", "lead.form": "leadGenForm", "lead.type": "leadType" },
                },
              ],
              vectors: [
                {
                  name: "the answer to a check", origin: "learn.microsoft.com's algorithm, computed", secrets: ["client-secret"], method: "GET",
                  target: "/w?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0",
                  answer: '{"challengeCode":"890e4665-4dfe-4ab1-b689-ed553bceeed0","challengeResponse":"8ab4bbad570533d66462deba280bde93c1cad8b543e7f526d3e962acaf6c391a"}',
                },
                {
                  name: "a delivery", origin: "learn.microsoft.com's algorithm, computed", secrets: ["client-secret"],
                  headers: { "X-LI-Signature": "f9e04fbcf38a8b4277bdbd80dd8582f2383519bf0cc94f1d222c7ec7404a27ac" }, body: "{}",
                },
              ],
            }
            """#)
}

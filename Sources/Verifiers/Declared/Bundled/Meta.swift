extension BundledDefinitions {
    /// Meta: Facebook, Instagram, WhatsApp, Messenger, lead ads (developers.facebook.com/docs/graph-api/webhooks).
    static let meta = Text(
        name: "meta",
        json5: #"""
            {
              title: "Meta", documentation: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
              setup: [
                "Put the app secret (App settings, Basic) into `secrets` and a text of your own into `verifyToken`; start the gateway.",
                "In the App Dashboard, under Webhooks, choose the object, enter `https://HOST/webhooks/SOURCE` and the same verify token. Meta asks at once, and the gateway answers.",
                "Subscribe to the fields that you want.",
              ],
              facts: {
                answer: "200", retries: "at once, then ever less often over 36 hours", order: "not guaranteed; up to 1000 updates in one delivery",
              },
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: "header:X-Hub-Signature-256", prefix: "sha256=", encoding: "hex" },
                signed: "{body}",
              },
              handshakes: [
                {
                  methods: ["GET"], when: { "query:hub.mode": "subscribe" }, verifyToken: "query:hub.verify_token",
                  value: "query:hub.challenge", contentType: "text/plain", answer: "{value}",
                },
              ],
              event: {
                split: ["/entry/*/changes/*", "/entry/*/messaging/*", "/entry/*/standby/*"],
                inherit: { object: "/object", entryId: "/entry/*/id", entryTime: "/entry/*/time" },
                id: [
                  "/message/mid", "/value/leadgen_id", "{/value/statuses/0/id}|{/value/statuses/0/status}", "/value/messages/0/id",
                  "sha256:{sha256:event}",
                ],
                type: ["{/object}.{/field}", "{/object}.messaging"],
                time: ["/value/messages/0/timestamp", "/value/statuses/0/timestamp", "/timestamp", "/value/created_time", "/entryTime"], timeFormat: "unix",
                subject: ["/value/leadgen_id", "/value/messages/0/id", "/value/statuses/0/id", "/message/mid", "/value/post_id", "/entryId"],
                account: "/entryId", renew: ["/value/leadgen_id", "/message/mid", "/value/messages/0/id", "/value/statuses/0/id"],
              },
              sampleHeaders: { "Content-Type": "application/json", "User-Agent": "facebookexternalua" },
              mapping: [
                {
                  match: "page.leadgen", type: "lead.created", root: "value", subject: "leadgen_id",
                  fields: { "lead.id": "leadgen_id", "lead.form": "form_id", "lead.page": "page_id", "campaign.id": "ad_id" },
                },
                {
                  match: "whatsapp_business_account.messages", when: { "messages[0].id": { exists: true } }, type: "message.received",
                  root: "value",
                  fields: {
                    "customer.phone": "messages[0].from", "customer.name": "contacts[0].profile.name", "message.id": "messages[0].id",
                    "message.type": "messages[0].type", "message.text": "messages[0].text.body",
                  },
                },
                {
                  match: "whatsapp_business_account.messages", when: { "statuses[0].id": { exists: true } }, type: "message.status",
                  root: "value",
                  fields: {
                    "customer.phone": "statuses[0].recipient_id", "message.id": "statuses[0].id", "message.status": "statuses[0].status",
                    "reason.code": "statuses[0].errors[0].code", "reason.message": "statuses[0].errors[0].title",
                  },
                },
                {
                  match: "*.messaging", when: { "message.mid": { exists: true } }, type: "message.received",
                  fields: { "customer.id": "sender.id", "message.id": "message.mid", "message.text": "message.text" },
                },
              ],
              vectors: [
                {
                  name: "the algorithm", origin: "Meta's algorithm, computed", secrets: ["app-secret"], verifyToken: "t",
                  headers: { "X-Hub-Signature-256": "sha256=e6e9d7a842a48e17f43a34d6125d0d933e2aab92ee37f0993a4d493b50e3d438" },
                  body: '{"object":"page","entry":[]}', keys: [],
                },
                {
                  name: "the challenge of the documentation", origin: "developers.facebook.com, Verification Requests",
                  secrets: ["app-secret"], verifyToken: "meatyhamhock", method: "GET",
                  target: "/w?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock", answer: "1158201444",
                },
              ],
            }
            """#)
}

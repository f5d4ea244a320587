extension BundledDefinitions {
    /// Resend (resend.com/docs/dashboard/webhooks): signed by Svix.
    static let resend = Text(
        name: "resend",
        json5: #"""
            {
              title: "Resend", documentation: "https://resend.com/docs/dashboard/webhooks/introduction",
              setup: [
                "In the dashboard, under Webhooks, choose Add Webhook, enter `https://HOST/webhooks/SOURCE` and tick the events.",
                "Open the webhook, copy its Signing Secret, which begins with `whsec_`, into `secrets`.",
              ],
              facts: {
                answer: "2xx is success", retries: "at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h",
                replay: "a replay from the dashboard keeps its id, and so is a duplicate here", order: "not guaranteed",
              },
              proofs: [
                {
                  label: "v1", kind: "hmac", algorithm: "sha256",
                  key: { encoding: "base64", prefix: "whsec_" },
                  signature: {
                    from: ["header:svix-signature", "header:webhook-signature"], encoding: "base64",
                    fields: { separator: " ", assign: ",", keys: ["v1"] },
                  },
                  id: ["header:svix-id", "header:webhook-id"],
                  timestamp: ["header:svix-timestamp", "header:webhook-timestamp"],
                  signed: "{id}.{timestamp}.{body}",
                },
                {
                  label: "v1a", kind: "ed25519",
                  key: { prefix: ["whpk_", "whsk_"], required: true },
                  signature: {
                    from: ["header:svix-signature", "header:webhook-signature"], encoding: "base64",
                    fields: { separator: " ", assign: ",", keys: ["v1a"] },
                  },
                  id: ["header:svix-id", "header:webhook-id"],
                  timestamp: ["header:svix-timestamp", "header:webhook-timestamp"],
                  signed: "{id}.{timestamp}.{body}",
                },
              ],
              event: {
                id: ["header:svix-id", "header:webhook-id"], type: "/type", time: "/created_at",
                subject: ["/data/email_id", "/data/id"], renew: ["header:svix-id"],
              },
              sampleHeaders: { "Content-Type": "application/json", "User-Agent": "Svix-Webhooks/1.24.0 (sender-9YMgn; +https://www.svix.com/http-sender/)" },
              mapping: {
                root: "data",
                shared: {
                  mail: {
                    "customer.email": "to[0]", "email.id": "email_id", "email.subject": "subject", "email.from": "from",
                  },
                  contact: {
                    "customer.id": "id", "customer.email": "email",
                    "customer.name": { concat: ["first_name", "last_name"], separator: " " }, "list.id": "audience_id",
                  },
                },
                rules: [
                  {
                    match: {
                      "email.sent": "email.sent", "email.delivered": "email.delivered", "email.opened": "email.opened",
                      "email.complained": "email.complained", "email.delivery_delayed": "email.delayed",
                    },
                    subject: "email_id", use: "mail",
                  },
                  { match: "email.clicked", type: "email.clicked", subject: "email_id", use: "mail", fields: { "email.url": "click.link" } },
                  {
                    match: { "email.bounced": "email.bounced", "email.failed": "email.failed" }, subject: "email_id", use: "mail",
                    fields: { "reason.code": ["bounce.subType", "failed.reason"], "reason.message": "bounce.message" },
                  },
                  { match: "contact.updated", when: { unsubscribed: true }, type: "contact.unsubscribed", subject: "id", use: "contact" },
                  {
                    match: { "contact.created": "contact.created", "contact.updated": "contact.updated", "contact.deleted": "contact.deleted" },
                    subject: "id", use: "contact",
                  },
                ],
              },
              vectors: [
                {
                  name: "the published vector", origin: "github.com/svix/svix-webhooks, docs.svix.com/receiving/verifying-payloads/how-manual",
                  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at: 1614265330,
                  headers: {
                    "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "svix-timestamp": "1614265330",
                    "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                  },
                  body: '{"test": 2432232314}', keys: ["msg_p5jXN8AQM9LWM0D4loKWxJek"],
                },
                {
                  name: "six minutes later", secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at: 1614265690, expect: "expired",
                  headers: {
                    "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "svix-timestamp": "1614265330",
                    "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                  },
                  body: '{"test": 2432232314}',
                },
                {
                  name: "v1a, of the seed 00 to 1f", origin: "Standard Webhooks' algorithm, computed",
                  secrets: ["whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="], at: 1614265330,
                  headers: {
                    "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "svix-timestamp": "1614265330",
                    "svix-signature": "v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ==",
                  },
                  body: '{"test": 2432232314}',
                },
              ],
            }
            """#)
}

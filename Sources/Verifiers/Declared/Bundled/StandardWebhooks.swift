extension BundledDefinitions {
    /// Standard Webhooks (github.com/standard-webhooks/standard-webhooks): the scheme of Svix under neutral names.
    static let standardWebhooks = Text(
        name: "standard-webhooks",
        json5: #"""
            {
              title: "Standard Webhooks", documentation: "https://www.standardwebhooks.com",
              setup: [
                "Add an endpoint at the sender with the URL of this source, `https://HOST/webhooks/SOURCE`.",
                "Copy its signing secret, which begins with `whsec_`, into `secrets`. For asymmetric signatures (`v1a`) copy the public key, `whpk_…`.",
              ],
              facts: {
                answer: "2xx is success; 3xx is failure; 410 disables the endpoint",
                timeout: "15 to 30 s", retries: "the sender's own schedule, days",
                rotation: "both keys sign for a time: list both secrets", order: "not guaranteed",
              },
              proofs: [
                {
                  label: "v1", kind: "hmac", algorithm: "sha256",
                  key: { encoding: "base64", prefix: "whsec_" },
                  signature: {
                    from: ["header:webhook-signature", "header:svix-signature"], encoding: "base64",
                    fields: { separator: " ", assign: ",", keys: ["v1"] },
                  },
                  id: ["header:webhook-id", "header:svix-id"],
                  timestamp: ["header:webhook-timestamp", "header:svix-timestamp"],
                  signed: "{id}.{timestamp}.{body}",
                },
                {
                  label: "v1a", kind: "ed25519",
                  key: { prefix: ["whpk_", "whsk_"], required: true },
                  signature: {
                    from: ["header:webhook-signature", "header:svix-signature"], encoding: "base64",
                    fields: { separator: " ", assign: ",", keys: ["v1a"] },
                  },
                  id: ["header:webhook-id", "header:svix-id"],
                  timestamp: ["header:webhook-timestamp", "header:svix-timestamp"],
                  signed: "{id}.{timestamp}.{body}",
                },
              ],
              event: {
                id: ["header:webhook-id", "header:svix-id"], type: ["/type", "/event_type", "/event"],
                time: ["/timestamp", "/created_at"], subject: ["/data/id"], renew: ["header:webhook-id"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              mapping: [
                {
                  match: { "user.created": "customer.created", "user.updated": "customer.updated", "user.deleted": "customer.deleted",
                           "customer.created": "customer.created", "customer.updated": "customer.updated",
                           "customer.deleted": "customer.deleted" },
                  when: { id: { exists: true } },
                  root: "data", subject: "id",
                  fields: {
                    "customer.id": "id", "customer.email": ["email", "email_addresses[0].email_address"],
                    "customer.name": ["name", { concat: ["first_name", "last_name"], separator: " " }],
                    "customer.phone": ["phone", "phone_number"],
                  },
                },
              ],
              vectors: [
                {
                  name: "the published vector", origin: "github.com/svix/svix-webhooks, docs.svix.com/receiving/verifying-payloads/how-manual",
                  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at: 1614265330,
                  headers: {
                    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                  },
                  body: '{"test": 2432232314}', keys: ["msg_p5jXN8AQM9LWM0D4loKWxJek"],
                },
                {
                  name: "six minutes later", secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at: 1614265690, expect: "expired",
                  headers: {
                    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                  },
                  body: '{"test": 2432232314}',
                },
                {
                  name: "v1a, of the seed 00 to 1f", origin: "Standard Webhooks' algorithm, computed",
                  secrets: ["whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="], at: 1614265330,
                  headers: {
                    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                    "webhook-signature": "v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ==",
                  },
                  body: '{"test": 2432232314}',
                },
              ],
            }
            """#)
}

extension BundledDefinitions {
    /// Svix (docs.svix.com): Standard Webhooks under the headers svix-id, svix-timestamp and svix-signature.
    static let svix = Text(
        name: "svix",
        json5: #"""
            {
              base: "standard-webhooks", title: "Svix", documentation: "https://docs.svix.com/receiving/verifying-payloads/how-manual",
              setup: [
                "Add an endpoint in the application portal with the URL of this source, `https://HOST/webhooks/SOURCE`.",
                "Copy its signing secret, which begins with `whsec_`, into `secrets`.",
              ],
              facts: {
                answer: "2xx is success; 3xx is failure", timeout: "15 s",
                retries: "at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h; an endpoint that fails for 5 days is disabled",
                order: "not guaranteed",
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
                id: ["header:svix-id", "header:webhook-id"], type: ["/type", "/event_type", "/eventType", "/event"],
                renew: ["header:svix-id"],
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

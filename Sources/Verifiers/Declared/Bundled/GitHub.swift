extension BundledDefinitions {
    /// GitHub (docs.github.com, Validating webhook deliveries).
    static let gitHub = Text(
        name: "github",
        json5: #"""
            {
              title: "GitHub", documentation: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
              setup: [
                "In the repository's or organization's Settings, under Webhooks, choose Add webhook.",
                "Payload URL: `https://HOST/webhooks/SOURCE`; content type `application/json` (a form works too).",
                "Secret: a long random text, the same in `secrets`. Without one GitHub does not sign, and deliveries are refused.",
                "GitHub's bodies may have 25 MB: raise `maxBodyBytes` of the source if you expect such.",
              ],
              facts: {
                answer: "2xx within 10 s", retries: "none; redeliver by hand or API within 3 days, under the same id",
                order: "not guaranteed",
              },
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: "header:X-Hub-Signature-256", prefix: "sha256=", encoding: "hex" },
                signed: "{body}",
              },
              body: ["json", { formField: "payload" }],
              event: {
                id: "header:X-GitHub-Delivery", type: ["{header:X-GitHub-Event}.{/action}", "header:X-GitHub-Event"],
                subject: ["{/repository/full_name}#{/pull_request/number}", "{/repository/full_name}#{/issue/number}", "/repository/full_name"],
                account: ["/organization/login", "/repository/owner/login", "/repository/owner/name"], renew: ["header:X-GitHub-Delivery"],
              },
              sampleHeaders: { "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/044aadd", "X-GitHub-Event": "push" },
              vectors: [
                {
                  name: "the published vector", origin: "docs.github.com, Testing the webhook payload validation",
                  secrets: ["It's a Secret to Everybody"],
                  headers: { "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
                  body: "Hello, World!",
                },
                {
                  name: "another body", secrets: ["It's a Secret to Everybody"], expect: "mismatch",
                  headers: { "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
                  body: "Hello, World?",
                },
                {
                  name: "SHA-1 alone", secrets: ["It's a Secret to Everybody"], expect: "missing",
                  headers: { "X-Hub-Signature": "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59" }, body: "Hello, World!",
                },
              ],
            }
            """#)
}

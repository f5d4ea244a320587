extension BundledDefinitions {
    /// Mailchimp Transactional, formerly Mandrill (mailchimp.com/developer/transactional).
    static let mandrill = Text(
        name: "mandrill",
        json5: #"""
            {
              title: "Mailchimp Transactional (Mandrill)", documentation: "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
              setup: [
                "Under Settings, Webhooks choose Add a Webhook, tick the events and enter `https://HOST/webhooks/SOURCE`.",
                "Copy the webhook's key into `secrets` and the URL, exactly as entered there, into `notificationURL`.",
                "Each webhook has a key of its own; give each a source of its own.",
              ],
              facts: {
                answer: "200", check: "HEAD, then an empty list signed with the key test-webhook, when the webhook is made: both are answered",
                retries: "ever less often; then the webhook is disabled", order: "not guaranteed; many events in one delivery",
              },
              proof: {
                kind: "hmac", algorithm: "sha1",
                signature: { from: "header:X-Mandrill-Signature", encoding: "base64" },
                signed: "{url}{form:sorted}",
              },
              body: { formField: "mandrill_events" },
              handshakes: [
                { methods: ["GET", "HEAD"], answer: "ok" },
                // No key exists yet when it is sent; there is no event in it that anybody could forge.
                { methods: ["POST"], when: { "form:mandrill_events": "[]" }, answer: "ok" },
              ],
              event: {
                split: "/*", id: ["{/event}|{/_id}|{/ts}|{/url?}", "{/type}|{/action?}|{/reject/email?}|{/entry/email?}|{/ts}"],
                type: ["/event", "{/type}.{/action}", "/type"], time: "/ts", timeFormat: "s", subject: ["/_id", "/reject/email"], renew: ["/_id"],
              },
              sampleHeaders: { "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mandrill-Webhook/1.0" },
              mapping: {
                shared: {
                  mail: {
                    "customer.email": "msg.email", "email.id": "_id", "email.subject": "msg.subject", "email.from": "msg.sender", "email.url": "url",
                    "reason.code": "msg.bounce_description", "reason.message": "msg.diag",
                  },
                },
                rules: [
                  {
                    match: {
                      send: "email.sent", delivered: "email.delivered", deferral: "email.delayed", hard_bounce: "email.bounced",
                      soft_bounce: "email.delayed", open: "email.opened", click: "email.clicked", spam: "email.complained",
                      reject: "email.dropped", unsub: "contact.unsubscribed",
                    },
                    use: "mail",
                  },
                ],
              },
              vectors: [
                {
                  name: "one event", origin: "Mandrill's algorithm, computed", secrets: ["mkey"],
                  notificationURL: "https://hooks.example.com/webhooks/mandrill?x=1", headers: {
                    "Content-Type": "application/x-www-form-urlencoded", "X-Mandrill-Signature": "8kDyfjHi199LFtxN/3qc6YXkmuI=",
                  },
                  body: "mandrill_events=%5B%7B%22event%22%3A%22click%22%2C%22ts%22%3A1%2C%22_id%22%3A%22a%22%2C%22url%22%3A%22http%3A%5C%2F%5C%2Fx.y%5C%2F%22%7D%5D",
                  types: ["click"], keys: ["click|a|1|http://x.y/"],
                },
                {
                  name: "the empty list that asks whether anybody is there", secrets: ["mkey"],
                  notificationURL: "https://hooks.example.com/webhooks/mandrill", headers: {
                    "Content-Type": "application/x-www-form-urlencoded", "X-Mandrill-Signature": "C3rJOk0zIRTP8UIkTTkUtgDTnSg=",
                  },
                  body: "mandrill_events=%5B%5D", answer: "ok",
                },
              ],
            }
            """#)
}

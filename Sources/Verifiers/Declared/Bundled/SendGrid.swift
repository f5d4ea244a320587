extension BundledDefinitions {
    /// SendGrid Event Webhook with Signed Event Webhook on (docs.sendgrid.com).
    static let sendGrid = Text(
        name: "sendgrid",
        json5: #"""
            {
              title: "SendGrid", documentation: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
              setup: [
                "In Settings, Mail Settings, Event Webhooks choose Create new webhook, enter `https://HOST/webhooks/SOURCE`, tick the actions.",
                "Under Security features switch on Signed Event Webhook, save, and copy the verification key, a public key in base64, into `secrets`.",
              ],
              facts: {
                answer: "2xx", retries: "ever less often over 24 hours", order: "not guaranteed; many events in one delivery",
                body: "ends in CR LF, which is signed: a proxy that trims it breaks every signature",
                timestamp: "not checked for its age, since it is not known to be fresh on a retry; say definition: { proof: { timestamp: { toleranceSeconds: 300 } } } to check it",
              },
              proof: {
                kind: "ecdsaP256",
                signature: { from: "header:X-Twilio-Email-Event-Webhook-Signature", encoding: "base64" },
                timestamp: { from: "header:X-Twilio-Email-Event-Webhook-Timestamp", toleranceSeconds: 0 },
                signed: "{timestamp}{body}",
              },
              event: {
                split: "/*", id: ["/sg_event_id"], type: "/event", time: "/timestamp", timeFormat: "s",
                subject: ["/sg_message_id", "/smtp-id"], renew: ["/sg_event_id"],
              },
              sampleHeaders: { "Content-Type": "application/json", "User-Agent": "SendGrid Event API" },
              mapping: {
                shared: {
                  mail: {
                    "customer.email": "email", "email.id": "sg_message_id", "email.url": "url", "reason.code": ["type", "status"],
                    "reason.message": ["reason", "response"], "email.category": ["category[0]", "category"],
                  },
                },
                rules: [
                  {
                    match: {
                      processed: "email.sent", delivered: "email.delivered", deferred: "email.delayed", bounce: "email.bounced",
                      dropped: "email.dropped", open: "email.opened", click: "email.clicked", spamreport: "email.complained",
                      unsubscribe: "contact.unsubscribed", group_unsubscribe: "contact.unsubscribed",
                      group_resubscribe: "contact.subscribed",
                    },
                    use: "mail",
                  },
                ],
              },
              vectors: [
                {
                  name: "the published vector", origin: "github.com/sendgrid/sendgrid-python, test/unit/test_eventwebhook.py",
                  secrets: ["MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="],
                  at: 1600112502,
                  headers: {
                    "X-Twilio-Email-Event-Webhook-Signature": "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
                    "X-Twilio-Email-Event-Webhook-Timestamp": "1600112502",
                  },
                  body: '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n',
                  types: ["dropped"], keys: ["ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA"],
                },
              ],
            }
            """#)
}

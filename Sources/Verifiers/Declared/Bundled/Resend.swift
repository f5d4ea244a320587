extension BundledDefinitions {
    /// Resend (resend.com/docs/dashboard/webhooks): signed by Svix.
    static let resend = Text(
        name: "resend",
        json5: #"""
            {
              base: "svix", title: "Resend", documentation: "https://resend.com/docs/dashboard/webhooks/introduction",
              setup: [
                "In the dashboard, under Webhooks, choose Add Webhook, enter `https://HOST/webhooks/SOURCE` and tick the events.",
                "Open the webhook, copy its Signing Secret, which begins with `whsec_`, into `secrets`.",
              ],
              facts: {
                answer: "2xx is success", retries: "at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h",
                replay: "a replay from the dashboard keeps its id, and so is a duplicate here", order: "not guaranteed",
              },
              event: {
                type: "/type", time: "/created_at",
                subject: ["/data/email_id", "/data/id"],
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
            }
            """#)
}

/// The bundled rules for Mailchimp's audience webhooks (docs/events.md; the language: docs/mappings.md).
enum MailchimpMapping {
    /// The rules as JSON5; a form's fields are texts only.
    static let rules = #"""
        {
          root: "data",

          shared: {
            list: { "list.id": "list_id" },
            contact: {
              "customer.id": "id",
              "customer.email": "email",
              "customer.name": { concat: ["merges.FNAME", "merges.LNAME"], separator: " " },
              "customer.phone": "merges.PHONE",
              "contact.action": "action",
              "contact.emailType": "email_type",
              "contact.webId": "web_id",
              "contact.ipOpt": "ip_opt",
              "contact.ipSignup": "ip_signup",
            },
          },

          rules: [
            {
              match: { subscribe: "contact.subscribed", profile: "contact.updated" },
              subject: "id", use: ["contact", "list"],
            },
            {
              match: "unsubscribe", type: "contact.unsubscribed", subject: "id", use: ["contact", "list"],
              fields: { "reason.code": "reason", "campaign.id": "campaign_id" },
            },
            {
              match: "upemail", type: "contact.email_changed", subject: "new_id", use: "list",
              fields: { "customer.id": "new_id", "customer.email": "new_email", "previous.email": "old_email" },
            },
            {
              match: "cleaned", type: "contact.cleaned", subject: "email", use: "list",
              fields: { "customer.email": "email", "reason.code": "reason", "campaign.id": "campaign_id" },
            },
            {
              match: "campaign", when: { status: "sent" }, type: "campaign.sent", subject: "id", use: "list",
              fields: {
                "campaign.id": "id",
                "campaign.subject": "subject",
                "campaign.status": "status",
                "reason.message": "reason",
              },
            },
          ],
        }
        """#
}

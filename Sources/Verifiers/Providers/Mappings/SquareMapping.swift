/// The bundled rules for Square (docs/events.md; the language: docs/mappings.md).
enum SquareMapping {
    /// The rules as JSON5.
    static let rules = #"""
        {
          subject: "$.data.id",

          shared: {
            payment: {
              "customer.id": "customer_id",
              "customer.email": "buyer_email_address",
              "customer.name": {
                concat: ["shipping_address.first_name", "shipping_address.last_name"], separator: " ",
              },
              amount: { from: "total_money", transforms: ["minorUnits"], required: true },
              "order.id": "order_id",
              "payment.id": "id",
              "payment.status": { from: "status", transforms: [{ lowercase: { from: "uppercase" } }] },
            },

            customer: {
              "customer.id": ["id", "$.data.id"],
              "customer.email": "email_address",
              "customer.name": { from: [{ concat: ["given_name", "family_name"], separator: " " }, "company_name"] },
              "customer.phone": "phone_number",
            },

            order: {
              "order.id": "order_id",
              "order.status": { from: "state", transforms: [{ lowercase: { from: "uppercase" } }] },
              "order.version": "version",
              "order.location": "location_id",
            },

            invoice: {
              "customer.id": "primary_recipient.customer_id",
              "customer.email": "primary_recipient.email_address",
              "customer.name": {
                from: [
                  { concat: ["primary_recipient.given_name", "primary_recipient.family_name"], separator: " " },
                  "primary_recipient.company_name",
                ],
              },
              "customer.phone": "primary_recipient.phone_number",
              "order.id": "order_id",
              "invoice.id": "id",
              "invoice.number": "invoice_number",
              "invoice.status": { from: "status", transforms: [{ lowercase: { from: "uppercase" } }] },
              "subscription.id": "subscription_id",
            },

            paid: {
              amount: { from: "payment_requests[0].total_completed_amount_money", transforms: ["minorUnits"] },
            },
          },

          rules: [
            // A payment's status decides; Square tells of a completed payment again when something else of it changes.
            {
              match: ["payment.created", "payment.updated"], root: "data.object.payment", when: { status: "COMPLETED" },
              type: "payment.succeeded", use: "payment",
            },
            {
              match: "payment.updated", root: "data.object.payment", when: { status: "FAILED" },
              type: "payment.failed", use: "payment",
              fields: {
                "reason.code": "card_details.errors[0].code",
                "reason.message": "card_details.errors[0].detail",
              },
            },
            {
              match: "payment.updated", root: "data.object.payment", when: { status: "CANCELED" },
              type: "payment.canceled", use: "payment",
            },
            {
              match: { "payment.created": "payment.created", "payment.updated": "payment.updated" },
              root: "data.object.payment", use: "payment",
            },

            {
              match: { "refund.created": "refund.created", "refund.updated": "refund.updated" },
              root: "data.object.refund",
              fields: {
                amount: { from: "amount_money", transforms: ["minorUnits"], required: true },
                "refund.id": "id",
                "refund.status": { from: "status", transforms: [{ lowercase: { from: "uppercase" } }] },
                "payment.id": "payment_id",
                "order.id": "order_id",
                "reason.message": "reason",
              },
            },
            {
              match: { "dispute.created": "dispute.created", "dispute.state.updated": "dispute.updated" },
              // Square's libraries say "object", its documentation says "dispute".
              root: ["data.object.object", "data.object.dispute"],
              fields: {
                amount: { from: "amount_money", transforms: ["minorUnits"], required: true },
                "dispute.id": ["id", "dispute_id"],
                "dispute.status": { from: "state", transforms: [{ lowercase: { from: "uppercase" } }] },
                "payment.id": "disputed_payment.payment_id",
                "reason.code": "reason",
              },
            },

            { match: "order.created", type: "order.created", root: "data.object.order_created", use: "order" },
            { match: "order.updated", type: "order.updated", root: "data.object.order_updated", use: "order" },
            {
              match: "order.fulfillment.updated", type: "order.fulfillment.updated",
              root: "data.object.order_fulfillment_updated", use: "order",
              fields: {
                fulfillments: {
                  each: "fulfillment_update[*]",
                  fields: {
                    id: "fulfillment_uid",
                    previousStatus: { from: "old_state", transforms: [{ lowercase: { from: "uppercase" } }] },
                    status: { from: "new_state", transforms: [{ lowercase: { from: "uppercase" } }] },
                  },
                },
              },
            },

            {
              match: ["customer.created", "customer.deleted"], root: "data.object.customer",
              when: { "$.data.object.event_context.merge": { exists: true } },
              type: "customer.merged", use: "customer",
              fields: {
                "merge.from": "$.data.object.event_context.merge.from_customer_ids[*]",
                "merge.to": "$.data.object.event_context.merge.to_customer_id",
              },
            },
            {
              match: {
                "customer.created": "customer.created", "customer.updated": "customer.updated",
                "customer.deleted": "customer.deleted",
              },
              root: "data.object.customer", use: "customer",
            },

            {
              match: "invoice.payment_made", root: "data.object.invoice", when: { status: "PAID" },
              type: "invoice.paid", use: ["invoice", "paid"],
            },
            {
              match: "invoice.payment_made", root: "data.object.invoice",
              type: "invoice.payment", use: ["invoice", "paid"],
            },
            {
              match: {
                "invoice.created": "invoice.created", "invoice.published": "invoice.published",
                "invoice.updated": "invoice.updated", "invoice.canceled": "invoice.canceled",
                "invoice.refunded": "invoice.refunded",
                "invoice.scheduled_charge_failed": "invoice.scheduled_charge_failed",
              },
              root: "data.object.invoice", use: "invoice",
              fields: {
                amount: {
                  from: ["next_payment_amount_money", "payment_requests[0].computed_amount_money"],
                  transforms: ["minorUnits"],
                },
              },
            },

            {
              match: {
                "subscription.created": "subscription.created", "subscription.updated": "subscription.updated",
              },
              root: "data.object.subscription",
              fields: {
                "customer.id": "customer_id",
                "subscription.id": "id",
                "subscription.status": { from: "status", transforms: [{ lowercase: { from: "uppercase" } }] },
              },
            },

            {
              match: "inventory.count.updated", type: "inventory.updated", root: "data.object",
              fields: {
                items: {
                  each: "inventory_counts[*]",
                  fields: {
                    id: "catalog_object_id",
                    location: "location_id",
                    quantity: "quantity",
                    state: { from: "state", transforms: [{ lowercase: { from: "uppercase" } }] },
                  },
                },
              },
            },
          ],
        }
        """#
}

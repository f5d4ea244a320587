/// The bundled rules for Stripe (docs/events.md; the language: docs/mappings.md).
enum StripeMapping {
    /// The rules as JSON5.
    static let rules = #"""
        {
          root: "data.object",
          subject: "id",

          shared: {
            livemode: { livemode: "$.livemode" },

            intent: {
              "customer.id": ["customer.id", "customer"],
              "customer.email": ["receipt_email", "customer.email"],
              "customer.name": ["shipping.name", "customer.name"],
              "customer.phone": ["shipping.phone", "customer.phone"],
              "order.id": ["payment_details.order_reference", "metadata.order_id"],
              "payment.id": "id",
              "payment.status": "status",
            },

            charge: {
              "customer.id": ["customer.id", "customer"],
              "customer.email": ["billing_details.email", "receipt_email"],
              "customer.name": "billing_details.name",
              "customer.phone": "billing_details.phone",
              "order.id": "metadata.order_id",
              "payment.id": "id",
              "payment.status": "status",
            },

            // What every payment, refund and dispute must state.
            amount: {
              amount: { from: "amount", transforms: [{ minorUnits: "currency", scale: "stripe" }], required: true },
            },

            payment: { "payment.id": ["payment_intent.id", "payment_intent", "charge.id", "charge"] },

            checkout: {
              "customer.id": ["customer.id", "customer"],
              "customer.email": ["customer_details.email", "customer_email"],
              "customer.name": "customer_details.name",
              "customer.phone": "customer_details.phone",
              amount: { from: "amount_total", transforms: [{ minorUnits: "currency", scale: "stripe" }] },
              "order.id": ["client_reference_id", "id"],
              "checkout.id": "id",
              "checkout.status": "status",
              "checkout.paymentStatus": "payment_status",
              "payment.id": ["payment_intent.id", "payment_intent"],
              "subscription.id": ["subscription.id", "subscription"],
              "invoice.id": ["invoice.id", "invoice"],
            },

            invoice: {
              "customer.id": ["customer.id", "customer"],
              "customer.email": "customer_email",
              "customer.name": "customer_name",
              "customer.phone": "customer_phone",
              "order.id": "number",
              "invoice.id": "id",
              "invoice.number": "number",
              "invoice.status": "status",
              // API versions from 2025-03-31 ("basil") on have it under "parent".
              "subscription.id": [
                "parent.subscription_details.subscription.id", "parent.subscription_details.subscription",
                "subscription.id", "subscription",
              ],
              items: {
                each: "lines.data[*]",
                fields: {
                  id: "id",
                  name: "description",
                  quantity: "quantity",
                  amount: { from: "amount", transforms: [{ minorUnits: "currency", scale: "stripe" }] },
                },
              },
            },

            customer: {
              "customer.id": "id",
              "customer.email": "email",
              "customer.name": "name",
              "customer.phone": "phone",
              "previous.email": "$.data.previous_attributes.email",
              "previous.name": "$.data.previous_attributes.name",
              "previous.phone": "$.data.previous_attributes.phone",
            },

            subscription: {
              "customer.id": ["customer.id", "customer"],
              amount: {
                from: "items.data[0].price.unit_amount", transforms: [{ minorUnits: "currency", scale: "stripe" }],
              },
              "subscription.id": "id",
              "subscription.status": "status",
              "subscription.currentPeriodEnd": {
                from: ["items.data[0].current_period_end", "current_period_end"], transforms: ["timestamp"],
              },
              "subscription.trialEnd": { from: "trial_end", transforms: ["timestamp"] },
              "subscription.canceledAt": { from: "canceled_at", transforms: ["timestamp"] },
              items: {
                each: "items.data[*]",
                fields: {
                  id: "id",
                  name: "price.nickname",
                  quantity: "quantity",
                  price: { from: "price.unit_amount", transforms: [{ minorUnits: "price.currency", scale: "stripe" }] },
                },
              },
              "reason.code": "cancellation_details.reason",
              "reason.message": "cancellation_details.comment",
            },
          },

          rules: [
            {
              match: "payment_intent.succeeded", type: "payment.succeeded", use: ["intent", "livemode"],
              fields: {
                amount: {
                  from: "amount_received", transforms: [{ minorUnits: "currency", scale: "stripe" }], required: true,
                },
              },
            },
            {
              match: "payment_intent.payment_failed", type: "payment.failed", use: ["intent", "amount", "livemode"],
              fields: { "reason.code": "last_payment_error.code", "reason.message": "last_payment_error.message" },
            },
            {
              match: "payment_intent.canceled", type: "payment.canceled", use: ["intent", "amount", "livemode"],
              fields: { "reason.code": "cancellation_reason" },
            },

            // With an intent a charge is the intent's twin: it passes through, or it would count twice.
            {
              match: "charge.succeeded", when: { payment_intent: null }, type: "payment.succeeded",
              use: ["charge", "amount", "livemode"],
            },
            {
              match: "charge.failed", when: { payment_intent: null }, type: "payment.failed",
              use: ["charge", "amount", "livemode"],
              fields: { "reason.code": "failure_code", "reason.message": "failure_message" },
            },

            {
              match: {
                "refund.created": "refund.created", "refund.updated": "refund.updated",
                "refund.failed": "refund.failed",
              },
              use: ["amount", "payment", "livemode"],
              fields: {
                "refund.id": "id",
                "refund.status": "status",
                "order.id": "metadata.order_id",
                "reason.code": ["failure_reason", "reason"],
              },
            },
            {
              match: { "charge.dispute.created": "dispute.created", "charge.dispute.closed": "dispute.closed" },
              use: ["amount", "payment", "livemode"],
              fields: {
                "dispute.id": "id",
                "dispute.status": "status",
                "reason.code": "reason",
              },
            },

            {
              match: {
                "checkout.session.completed": "order.created",
                "checkout.session.async_payment_succeeded": "payment.succeeded",
                "checkout.session.async_payment_failed": "payment.failed",
              },
              use: ["checkout", "livemode"],
            },

            {
              match: "invoice.paid", type: "invoice.paid", use: ["invoice", "livemode"],
              fields: { amount: { from: "amount_paid", transforms: [{ minorUnits: "currency", scale: "stripe" }] } },
            },
            {
              match: "invoice.payment_failed", type: "invoice.payment_failed", use: ["invoice", "livemode"],
              fields: { amount: { from: "amount_due", transforms: [{ minorUnits: "currency", scale: "stripe" }] } },
            },
            {
              match: {
                "invoice.created": "invoice.created", "invoice.finalized": "invoice.updated",
                "invoice.voided": "invoice.voided",
              },
              use: ["invoice", "livemode"],
              fields: { amount: { from: "total", transforms: [{ minorUnits: "currency", scale: "stripe" }] } },
            },

            {
              match: {
                "customer.created": "customer.created", "customer.updated": "customer.updated",
                "customer.deleted": "customer.deleted",
              },
              use: ["customer", "livemode"],
            },
            {
              match: {
                "customer.subscription.created": "subscription.created",
                "customer.subscription.updated": "subscription.updated",
                "customer.subscription.deleted": "subscription.canceled",
                "customer.subscription.paused": "subscription.paused",
                "customer.subscription.resumed": "subscription.resumed",
                "customer.subscription.trial_will_end": "subscription.trial_ending",
              },
              use: ["subscription", "livemode"],
            },
          ],
        }
        """#
}

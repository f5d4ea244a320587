/// The bundled rules for QuickBooks (docs/events.md; the language: docs/mappings.md).
enum QuickBooksMapping {
    /// The rules as JSON5: for both of Intuit's shapes, legacy notifications and CloudEvents.
    static let rules = #"""
        {
          subject: "@subject",

          shared: {
            // A delivery says that an entity changed, never its fields.
            entity: {
              realmId: "@account",
              "entity.name": {
                from: ["name", { from: "type", transforms: [{ split: ".", at: 1 }] }],
                transforms: ["lowercase"],
              },
              "entity.id": "@subject",
              "entity.operation": {
                from: ["operation", { from: "type", transforms: [{ split: ".", at: 2 }] }],
                transforms: [
                  "lowercase",
                  {
                    lookup: {
                      create: "created", update: "updated", delete: "deleted", merge: "merged", void: "voided",
                    },
                    keep: true,
                  },
                ],
              },
            },
            merged: { deletedId: ["deletedId", "data.deletedid"] },
          },

          rules: [
            {
              match: {
                "Payment.Create": "payment.succeeded", "qbo.payment.created.v1": "payment.succeeded",
                "Payment.Update": "payment.updated", "qbo.payment.updated.v1": "payment.updated",
                "Payment.Void": "payment.voided", "qbo.payment.void.v1": "payment.voided",
                "qbo.payment.voided.v1": "payment.voided",
                "Payment.Delete": "payment.deleted", "qbo.payment.deleted.v1": "payment.deleted",
              },
              use: "entity", fields: { "payment.id": "@subject" },
            },
            {
              match: {
                "SalesReceipt.Create": "order.created", "qbo.salesreceipt.created.v1": "order.created",
                "SalesReceipt.Update": "order.updated", "qbo.salesreceipt.updated.v1": "order.updated",
                "SalesReceipt.Void": "order.voided", "qbo.salesreceipt.void.v1": "order.voided",
                "qbo.salesreceipt.voided.v1": "order.voided",
                "SalesReceipt.Delete": "order.deleted", "qbo.salesreceipt.deleted.v1": "order.deleted",
              },
              use: "entity", fields: { "order.id": "@subject" },
            },
            {
              // That an invoice is paid shows only as an update.
              match: {
                "Invoice.Create": "invoice.created", "qbo.invoice.created.v1": "invoice.created",
                "Invoice.Update": "invoice.updated", "qbo.invoice.updated.v1": "invoice.updated",
                "Invoice.Void": "invoice.voided", "qbo.invoice.void.v1": "invoice.voided",
                "qbo.invoice.voided.v1": "invoice.voided",
                "Invoice.Delete": "invoice.deleted", "qbo.invoice.deleted.v1": "invoice.deleted",
                "Invoice.Emailed": "invoice.sent", "qbo.invoice.emailed.v1": "invoice.sent",
              },
              use: "entity", fields: { "invoice.id": "@subject" },
            },
            {
              match: ["RefundReceipt.Create", "qbo.refundreceipt.created.v1"], type: "refund.created",
              use: "entity", fields: { "refund.id": "@subject" },
            },
            {
              match: ["CreditMemo.Create", "qbo.creditmemo.created.v1"], type: "credit.created",
              use: "entity", fields: { "credit.id": "@subject" },
            },
            {
              match: {
                "Customer.Create": "customer.created", "qbo.customer.created.v1": "customer.created",
                "Customer.Update": "customer.updated", "qbo.customer.updated.v1": "customer.updated",
                "Customer.Delete": "customer.deleted", "qbo.customer.deleted.v1": "customer.deleted",
                "Customer.Merge": "customer.merged", "qbo.customer.merged.v1": "customer.merged",
              },
              use: ["entity", "merged"], fields: { "customer.id": "@subject" },
            },
            {
              match: {
                "Item.Create": "product.created", "qbo.item.created.v1": "product.created",
                "Item.Update": "product.updated", "qbo.item.updated.v1": "product.updated",
                "Item.Delete": "product.deleted", "qbo.item.deleted.v1": "product.deleted",
                "Item.Merge": "product.merged", "qbo.item.merged.v1": "product.merged",
              },
              use: ["entity", "merged"], fields: { "product.id": "@subject" },
            },
          ],
        }
        """#
}

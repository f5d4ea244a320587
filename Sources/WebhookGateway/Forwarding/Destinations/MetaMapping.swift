/// The bundled rules of `meta-conversions`: Meta's standard events, and what `custom_data` holds.
/// https://developers.facebook.com/docs/meta-pixel/reference
enum MetaMapping {
    static let rules = #"""
        {
          root: "data",

          shared: {
            money: {
              value: { from: "amount.decimal", transforms: ["decimal"] },
              currency: "amount.currency",
              order_id: ["order.id", "payment.id", "invoice.id"],
            },
            contents: {
              content_ids: "items[*].id",
              contents: {
                each: "items[*]",
                fields: {
                  id: ["id", "name"],
                  quantity: { from: "quantity", transforms: ["decimal"] },
                  item_price: { from: "price.decimal", transforms: ["decimal"] },
                },
              },
              content_type: { constant: "product" },
            },
          },

          rules: [
            { match: "order.completed", type: "Purchase", use: ["money", "contents"], fields: { value: { from: "amount.decimal", transforms: ["decimal"], required: true } } },
            { match: "order.refunded", type: "Refund", use: "money" },
            { match: "customer.created", type: "CompleteRegistration", use: "money" },
            { match: "contact.subscribed", type: "Lead", use: "money" },
            { match: "subscription.created", type: "Subscribe", use: "money" },
            { match: "*", use: "money" },
          ],
        }
        """#
}

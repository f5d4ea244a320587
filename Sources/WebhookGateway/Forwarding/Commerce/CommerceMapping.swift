/// The bundled rules of analytics destinations, after Segment's e-commerce specification, which the others follow in
/// the names of properties: https://segment.com/docs/connections/spec/ecommerce/v2/
enum CommerceMapping {
    /// `order_id`, `total`, `revenue`, `currency` and `products` for sales and refunds, the facts for every event.
    static let rules = rules(
        money: #"total: { from: "amount.decimal", transforms: ["decimal"] }, currency: "amount.currency","#,
        sale: #"revenue: { from: "amount.decimal", transforms: ["decimal"] },"#)

    /// The same without money, for services that take it beside the properties.
    static let rulesWithoutMoney = rules(money: "", sale: "")

    private static func rules(money: String, sale: String) -> String {
        #"""
        {
          root: "data",

          shared: {
            facts: {
              event_id: "$.id",
              provider: "$.provider",
              provider_type: "$.providertype",
              order_id: "order.id",
              order_number: "order.number",
              order_status: "order.status",
              payment_id: "payment.id",
              payment_status: "payment.status",
              refund_id: "refund.id",
              refund_status: "refund.status",
              invoice_id: "invoice.id",
              invoice_number: "invoice.number",
              invoice_status: "invoice.status",
              subscription_id: "subscription.id",
              subscription_status: "subscription.status",
              dispute_id: "dispute.id",
              dispute_status: "dispute.status",
              checkout_status: "checkout.status",
              checkout_payment_status: "checkout.paymentStatus",
              product_id: "product.id",
              list_id: "list.id",
              campaign_id: "campaign.id",
              reason: "reason.code",
              livemode: "livemode",
              \#(money)
            },
            order: {
              order_id: ["order.id", "payment.id", "$.subject"],
              products: {
                each: "items[*]",
                fields: {
                  product_id: "id",
                  name: "name",
                  quantity: { from: "quantity", transforms: ["decimal"] },
                  price: { from: "price.decimal", transforms: ["decimal"] },
                },
              },
            },
          },

          rules: [
            { match: "order.completed", use: ["facts", "order"], fields: { \#(sale) } },
            { match: "order.refunded", use: ["facts", "order"] },
            { match: "*", use: "facts" },
          ],
        }
        """#
    }
}

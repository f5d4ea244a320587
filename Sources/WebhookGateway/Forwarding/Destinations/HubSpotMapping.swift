/// The bundled rules of `hubspot`.
enum HubSpotMapping {
    /// Properties of custom events: HubSpot refuses those that the event's definition lacks, so they are few.
    static let events = #"""
        [
          {
            match: "*", root: "data",
            fields: {
              amount: { from: "amount.decimal", transforms: ["decimal"] },
              currency: "amount.currency",
              order_id: ["order.id", "payment.id", "invoice.id"],
            },
          },
        ]
        """#

    /// Properties of contacts; `firstname` and `lastname` are made of the customer's name.
    static let contacts = #"""
        [{ match: "*", root: "data", fields: { email: "customer.email", phone: "customer.phone" } }]
        """#
}

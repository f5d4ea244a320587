/// The bundled rules of `google-analytics`: the parameters beside those that every event has (docs/destinations.md).
/// Customers' names, e-mails and phone numbers are not among them: Google's terms forbid it.
enum GoogleAnalyticsMapping {
    static let rules = #"""
        {
          root: "data",
          rules: [
            {
              match: "*",
              fields: {
                payment_id: "payment.id",
                payment_status: "payment.status",
                order_id: "order.id",
                order_number: "order.number",
                order_status: "order.status",
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
                reason_code: "reason.code",
                livemode: "livemode",
              },
            },
          ],
        }
        """#
}

extension BundledDefinitions {
    /// Shopify (shopify.dev, Verify webhook deliveries).
    static let shopify = Text(
        name: "shopify",
        json5: #"""
            {
              title: "Shopify", documentation: "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
              setup: [
                "For a shop's own webhooks: in the admin, Settings, Notifications, Webhooks, choose Create webhook, format JSON, URL `https://HOST/webhooks/SOURCE`; the secret stands under the list.",
                "For an app: subscribe in `shopify.app.toml` or by API; the secret is the app's client secret.",
                "Put the secret into `secrets`. After rotating a client secret keep both: Shopify signs with the old one for up to an hour.",
                "Map shops to tenants by domain: `tenants: { \"acme.myshopify.com\": \"acme\" }`.",
              ],
              facts: {
                answer: "2xx within 5 s, 1 s of it for the connection",
                retries: "8 over 4 hours with the first payload; after 8 failures in a row a subscription made by API is deleted",
                order: "not guaranteed; duplicates happen", compliance: "customers/data_request, customers/redact and shop/redact must be answered 200, which they are",
              },
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: ["header:X-Shopify-Hmac-SHA256", "header:Shopify-Hmac-Sha256"], encoding: "base64" },
                signed: "{body}",
              },
              event: {
                // One event may fire several topics, and two subscriptions of one topic share the event.
                id: [
                  "{header:X-Shopify-Event-Id}|{header:X-Shopify-Topic}", "header:X-Shopify-Webhook-Id",
                  "{header:Shopify-Event-Id}|{header:Shopify-Topic}", "header:Shopify-Webhook-Id",
                ],
                type: ["header:X-Shopify-Topic", "header:Shopify-Topic"],
                time: ["header:X-Shopify-Triggered-At", "header:Shopify-Triggered-At", "/updated_at", "/created_at"],
                subject: "/id", account: ["header:X-Shopify-Shop-Domain", "header:Shopify-Shop-Domain"],
                renew: ["header:X-Shopify-Event-Id", "header:X-Shopify-Webhook-Id"],
              },
              sampleHeaders: {
                "Content-Type": "application/json", "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": "acme.myshopify.com",
                "X-Shopify-API-Version": "2026-10",
              },
              mapping: {
                subject: "id",
                shared: {
                  order: {
                    "customer.id": { concat: ["customer.id"] }, "customer.email": ["email", "contact_email", "customer.email"],
                    "customer.name": { concat: ["customer.first_name", "customer.last_name"], separator: " " },
                    "customer.phone": ["phone", "customer.phone"],
                    amount: { from: "total_price", transforms: [{ majorUnits: "currency" }] },
                    "order.id": { concat: ["id"] }, "order.number": "name", "order.status": "financial_status",
                    items: {
                      each: "line_items[*]",
                      fields: {
                        id: ["sku", { concat: ["variant_id"] }, { concat: ["id"] }], name: "title", quantity: "quantity",
                        price: { from: "price", transforms: [{ majorUnits: "$.currency" }] },
                      },
                    },
                  },
                  customer: {
                    "customer.id": { concat: ["id"] }, "customer.email": "email",
                    "customer.name": { concat: ["first_name", "last_name"], separator: " " }, "customer.phone": "phone",
                  },
                },
                rules: [
                  {
                    match: {
                      "orders/create": "order.created", "orders/updated": "order.updated", "orders/fulfilled": "order.fulfilled",
                      "orders/cancelled": "order.canceled", "orders/paid": "payment.succeeded",
                    },
                    use: "order", fields: { "reason.code": "cancel_reason" },
                  },
                  {
                    match: "refunds/create", type: "refund.created",
                    fields: {
                      "refund.id": { concat: ["id"] }, "order.id": { concat: ["order_id"] },
                      amount: { from: "transactions[0].amount", transforms: [{ majorUnits: "transactions[0].currency" }] },
                      "reason.message": "note",
                    },
                  },
                  {
                    match: { "customers/create": "customer.created", "customers/update": "customer.updated", "customers/delete": "customer.deleted" },
                    use: "customer",
                  },
                  {
                    match: "inventory_levels/update", type: "inventory.updated", subject: "inventory_item_id",
                    fields: { "product.id": { concat: ["inventory_item_id"] }, "inventory.location": { concat: ["location_id"] }, "inventory.available": "available" },
                  },
                  {
                    match: { "checkouts/create": "checkout.created", "checkouts/update": "checkout.updated" }, use: "order",
                    fields: { "order.id": null, "order.number": null, "order.status": null, "checkout.id": { concat: ["id"] } },
                  },
                ],
              },
              vectors: [
                {
                  name: "the algorithm", origin: "shopify.dev's algorithm, computed", secrets: ["hush"],
                  headers: { "X-Shopify-Hmac-SHA256": "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=" }, body: '{"id":1}',
                },
                {
                  name: "the second of two secrets", secrets: ["old", "hush"],
                  headers: { "Shopify-Hmac-Sha256": "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=" }, body: '{"id":1}',
                },
                {
                  name: "hex where base64 is expected", secrets: ["hush"], expect: "malformed",
                  headers: { "X-Shopify-Hmac-SHA256": "5672948d9b0bb8de626568e7e449ed70154217d90c378dcb825cc2135fc649e6" }, body: '{"id":1}',
                },
              ],
            }
            """#)
}

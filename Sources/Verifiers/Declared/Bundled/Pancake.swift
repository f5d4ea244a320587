extension BundledDefinitions {
    /// Pancake POS (pos.pancake.vn): a static header or a secret in the URL.
    static let pancake = Text(
        name: "pancake",
        json5: #"""
            {
              title: "Pancake POS", documentation: "https://docs.pancake.biz/pos/api",
              setup: [
                "In the shop's settings: Cấu hình, Nâng cao, Kết nối bên thứ 3, Webhook/API. Enter `https://HOST/webhooks/SOURCE` and tick orders, customers, stock.",
                "Pancake does not sign. Set a header `X-API-KEY` with a long random text (`webhook_headers` by API), the same in `secrets`; or put it into the URL as `?secret=…`.",
              ],
              // `{"success":true,"shops":[{"id":123,"name":"…"}]}`
              lookup: {
                noun: "shop", hint: "in the shop's settings: Cấu hình, Nâng cao, Kết nối bên thứ 3, Webhook/API, API Key",
                service: "https://pos.pages.fm", target: "/api/v1/shops?api_key={key}", items: "/shops/*", value: "/id", label: "/name",
              },
              facts: { answer: "2xx (unconfirmed)", retries: "unconfirmed; there is no history to fetch what was lost from", identity: "none: the same body is the same event" },
              proofs: [
                { label: "X-API-KEY", kind: "shared", signature: "header:X-API-KEY" },
                { label: "URL secret", kind: "urlSecret" },
              ],
              event: {
                type: [
                  { if: { "/bill_phone_number": true }, value: "order" }, { if: { "/bill_full_name": true }, value: "order" },
                  { if: { "/items": true, "/shop_id": true }, value: "order" },
                  { if: { "/variation_id": true, "/warehouse_id": true }, value: "variation_warehouse" },
                  { if: { "/phone_numbers": true }, value: "customer" }, "/type",
                ],
                time: ["/updated_at", "/inserted_at"], timeFormat: "zoneless", subject: ["/id", "/variation_id"], account: "/shop_id",
                renew: ["/id"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              mapping: [
                {
                  match: "order", type: "order.updated", subject: "id",
                  fields: {
                    "customer.id": { concat: ["customer.id"] }, "customer.name": ["bill_full_name", "customer.name"],
                    "customer.phone": ["bill_phone_number", "customer.phone_numbers[0]"], "customer.email": "bill_email",
                    "order.id": { concat: ["id"] }, "order.status": { from: "status_name", transforms: ["lowercase"] },
                    amount: { from: "total_price", transforms: [{ majorUnits: { code: "VND" } }] },
                    items: {
                      each: "items[*]",
                      fields: {
                        id: ["variation_info.display_id", { concat: ["variation_id"] }, { concat: ["id"] }], name: "variation_info.name", quantity: "quantity",
                        price: { from: "variation_info.retail_price", transforms: [{ majorUnits: { code: "VND" } }] },
                      },
                    },
                  },
                },
                {
                  match: "customer", type: "customer.updated", subject: "id",
                  fields: { "customer.id": { concat: ["id"] }, "customer.name": "name", "customer.phone": "phone_numbers[0]", "customer.email": "emails[0]" },
                },
                {
                  match: "variation_warehouse", type: "inventory.updated", subject: "variation_id",
                  fields: { "product.id": { concat: ["variation_id"] }, "inventory.location": { concat: ["warehouse_id"] }, "inventory.available": ["remain_quantity", "actual_remain_quantity"] },
                },
              ],
              vectors: [
                { name: "the key in the header", secrets: ["k-1"], headers: { "X-API-KEY": "k-1" }, body: '{"id":1,"shop_id":2,"items":[]}', types: ["order"] },
                { name: "the key in the URL", secrets: ["k-1"], target: "/w?secret=k-1", body: '{"id":1,"phone_numbers":[]}', types: ["customer"] },
                { name: "another key", secrets: ["k-1"], headers: { "X-API-KEY": "k-2" }, body: "{}", expect: "mismatch" },
              ],
            }
            """#)
}

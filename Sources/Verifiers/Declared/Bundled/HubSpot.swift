extension BundledDefinitions {
    /// HubSpot, all three versions of its signature (developers.hubspot.com, Validating requests).
    static let hubSpot = Text(
        name: "hubspot",
        json5: #"""
            {
              title: "HubSpot", documentation: "https://developers.hubspot.com/docs/api/webhooks/validating-requests",
              setup: [
                "In the app's settings, under Webhooks, enter the target URL `https://HOST/webhooks/SOURCE` and make the subscriptions.",
                "Copy the client secret (Auth) into `secrets` and the target URL, exactly, into `notificationURL`: versions 2 and 3 sign it.",
              ],
              facts: {
                answer: "2xx within 5 s", retries: "up to 10 over 24 hours; 400, 401, 403, 404 and 405 are not retried, which is why a wrong signature is answered 503",
                order: "not guaranteed; up to 100 events in one delivery",
              },
              proofs: [
                {
                  label: "v3", kind: "hmac", algorithm: "sha256",
                  signature: { from: "header:X-HubSpot-Signature-v3", encoding: "base64" },
                  timestamp: { from: "header:X-HubSpot-Request-Timestamp", unit: "ms", future: false },
                  signed: "{method}{requestURL:decoded}{body}{timestamp}",
                },
                {
                  label: "v2", kind: "hash", algorithm: "sha256", when: { "header:X-HubSpot-Signature-Version": "v2" },
                  signature: { from: "header:X-HubSpot-Signature", encoding: "hex" }, signed: "{secret}{method}{requestURL}{body}",
                },
                {
                  label: "v1", kind: "hash", algorithm: "sha256", when: { "header:X-HubSpot-Signature-Version": "v1" },
                  signature: { from: "header:X-HubSpot-Signature", encoding: "hex" }, signed: "{secret}{body}",
                },
              ],
              answers: { refused: 503 },
              event: {
                split: "/*", id: ["{/portalId}|{/subscriptionId}|{/eventId}|{/objectId?}|{/occurredAt?}"],
                type: "/subscriptionType", time: "/occurredAt", timeFormat: "ms", subject: "/objectId", account: "/portalId", renew: ["/eventId"],
              },
              sampleHeaders: { "Content-Type": "application/json", "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/)" },
              mapping: {
                shared: {
                  contact: { "customer.id": { concat: ["objectId"] }, "change.property": "propertyName", "change.value": "propertyValue", "change.source": "changeSource" },
                  object: { "change.property": "propertyName", "change.value": "propertyValue", "change.source": "changeSource" },
                },
                rules: [
                  {
                    match: "contact.propertyChange", when: { propertyName: "email" }, type: "contact.updated", use: "contact",
                    fields: { "customer.email": { from: "propertyValue", transforms: ["lowercase"] } },
                  },
                  {
                    match: {
                      "contact.creation": "contact.created", "contact.propertyChange": "contact.updated",
                      "contact.deletion": "contact.deleted", "contact.privacyDeletion": "contact.erased",
                    },
                    use: "contact",
                  },
                  {
                    match: { "deal.creation": "deal.created", "deal.propertyChange": "deal.updated", "deal.deletion": "deal.deleted" },
                    use: "object", fields: { "deal.id": { concat: ["objectId"] } },
                  },
                  {
                    match: { "company.creation": "company.created", "company.propertyChange": "company.updated", "company.deletion": "company.deleted" },
                    use: "object", fields: { "company.id": { concat: ["objectId"] } },
                  },
                ],
              },
              vectors: [
                {
                  name: "v1, published", origin: "developers.hubspot.com, Validate requests using the v1 request signature",
                  secrets: ["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], notificationURL: "https://www.example.com/webhook_uri",
                  headers: { "X-HubSpot-Signature-Version": "v1", "X-HubSpot-Signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de" },
                  body: '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
                  types: ["contact.creation"], keys: ["62515|12345|1|123|1564113600000"],
                },
                {
                  name: "v2, published", origin: "developers.hubspot.com, Validate requests using the v2 request signature",
                  secrets: ["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], notificationURL: "https://www.example.com/webhook_uri", method: "GET",
                  headers: { "X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e" },
                },
                {
                  name: "v3, with a query of which some escapes are resolved", origin: "HubSpot's algorithm, computed",
                  secrets: ["client-secret"], notificationURL: "https://hooks.example.com/webhooks/hubspot?email=a%40b.c&x=1%2B2",
                  target: "/webhooks/hubspot?email=a%40b.c&x=1%2B2", at: 1700000000,
                  headers: { "X-HubSpot-Signature-v3": "xMmSldJicHT5JZk4EyNhWCZ0TwZTy9NfmBkjNRckvB8=", "X-HubSpot-Request-Timestamp": "1700000000000" },
                  body: "[]", keys: [],
                },
              ],
            }
            """#)
}

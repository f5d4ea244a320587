extension BundledDefinitions {
    /// Salesforce outbound messages: SOAP, not signed; a secret in the URL (developer.salesforce.com).
    static let salesforce = Text(
        name: "salesforce",
        json5: #"""
            {
              title: "Salesforce outbound messages", documentation: "https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm",
              setup: [
                "In Setup, Outbound Messages, choose New Outbound Message, the object and its fields (always Id), and do not tick Send Session ID.",
                "Endpoint URL: `https://HOST/webhooks/SOURCE?secret=SECRET`, SECRET a long random text, the same in `secrets`. Salesforce does not sign.",
                "Restrict `allowedAddresses` to the address ranges that Salesforce publishes for your instance, if you can.",
                "Map organizations to tenants by their 18-character id.",
              ],
              facts: {
                answer: "200 with a SOAP acknowledgement, which the gateway sends; anything else is a failure", timeout: "60 s",
                retries: "up to 2 h apart, for 24 hours, then dropped", order: "not guaranteed; up to 100 notifications in one delivery",
                session: "a SessionId is a live credential: the archive holds the notifications without it, never the body",
              },
              proof: { kind: "urlSecret" },
              body: "xml",
              event: {
                split: "/Envelope/Body/notifications/Notification/*",
                inherit: { organizationId: "/Envelope/Body/notifications/OrganizationId", actionId: "/Envelope/Body/notifications/ActionId" },
                id: "/Id", type: ["{after:::/sObject/@type}"], subject: "/sObject/Id", account: "/organizationId",
                time: ["/sObject/LastModifiedDate", "/sObject/SystemModstamp", "/sObject/CreatedDate"],
                archive: "events", renew: ["/Id"],
              },
              answers: {
                accepted: {
                  contentType: "text/xml",
                  body: '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>',
                },
              },
              sampleHeaders: { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' },
              mapping: {
                root: "sObject", subject: "Id",
                shared: {
                  person: {
                    "customer.id": "Id", "customer.email": "Email", "customer.phone": ["Phone", "MobilePhone"],
                    "customer.name": ["Name", { concat: ["FirstName", "LastName"], separator: " " }],
                  },
                },
                rules: [
                  { match: { Lead: "contact.updated", Contact: "contact.updated" }, use: "person" },
                  { match: "Account", type: "company.updated", fields: { "company.id": "Id", "company.name": "Name" } },
                  {
                    match: "Opportunity", type: "deal.updated",
                    fields: {
                      "deal.id": "Id", "deal.name": "Name", "deal.stage": "StageName", "company.id": "AccountId",
                      amount: { from: "Amount", transforms: [{ majorUnits: "CurrencyIsoCode" }] },
                    },
                  },
                  {
                    match: "Order", type: "order.updated",
                    fields: {
                      "order.id": "Id", "order.number": "OrderNumber", "order.status": { from: "Status", transforms: ["lowercase"] },
                      amount: { from: "TotalAmount", transforms: [{ majorUnits: "CurrencyIsoCode" }] }, "company.id": "AccountId",
                    },
                  },
                ],
              },
              vectors: [
                {
                  name: "the documentation's message", origin: "developer.salesforce.com, Understanding the Outbound Messaging WSDL",
                  secrets: ["s3cret"], target: "/w?secret=s3cret", headers: { "Content-Type": "text/xml; charset=utf-8" },
                  body: '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D000000000001EAA</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/><EnterpriseUrl>https://x/</EnterpriseUrl><PartnerUrl>https://x/</PartnerUrl><Notification><Id>04l000000000001AAA</Id><sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>00Q000000000001AAA</sf:Id></sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>',
                  types: ["Lead"], keys: ["04l000000000001AAA"],
                },
                { name: "a wrong secret", secrets: ["s3cret"], target: "/w?secret=other", expect: "mismatch" },
                { name: "no secret", secrets: ["s3cret"], target: "/w", expect: "missing" },
              ],
            }
            """#)
}

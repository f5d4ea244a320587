/// The bundled rules of `salesforce`.
enum SalesforceMapping {
    /// The fields that the rules fill.
    static let fields = [
        "Event_Id__c", "Type__c", "Occurred_At__c", "Tenant__c", "Source__c", "Customer_Id__c", "Customer_Email__c",
        "Order_Id__c", "Amount_Minor__c", "Currency__c", "Amount__c",
    ]

    static let rules = #"""
        [
          {
            match: "*", root: "data",
            fields: {
              Event_Id__c: "$.id",
              Type__c: "$.type",
              Occurred_At__c: "$.time",
              Tenant__c: "$.tenant",
              Source__c: { from: "$.source", transforms: [{ split: "/", at: -1 }] },
              Customer_Id__c: "customer.id",
              Customer_Email__c: "customer.email",
              Order_Id__c: "order.id",
              Amount_Minor__c: "amount.minor",
              Currency__c: "amount.currency",
              Amount__c: { from: "amount.decimal", transforms: ["decimal"] },
            },
          },
        ]
        """#
}

@testable import WebhookGateway

/// The columns that warehouses check alike.
enum WarehouseRows {
    /// Reads the row of a conformance event; `payload` stands in it as an object or as JSON in a text.
    static func read(_ row: JSONCursor, payloadIsText: Bool) throws(Violation) -> ReceivedEvent {
        try row.requireNoNulls()
        let id = try row.string("event_id")
        guard try row.string("type") == "payment.succeeded", try row.string("tenant") == "default",
            try row.string("source") == "stripe", try row.string("occurred_at") == "2026-11-21T08:41:00Z"
        else { throw Violation("type, tenant, source or occurred_at is wrong") }
        guard try row.integer("amount_minor") == 1999, try row.string("amount") == "19.99",
            try row.string("currency") == "USD"
        else { throw Violation("the money is wrong") }
        guard try row.string("customer_id").hasPrefix("cus_") else { throw Violation("the customer is wrong") }
        let payload =
            payloadIsText
            ? try JSONCursor(Array(try row.string("payload").utf8), name: "payload") : try row.member("payload")
        guard id.isDeduplicationKey(of: try payload.string("id")), try payload.string("specversion") == "1.0" else {
            throw Violation("the payload is another event's")
        }
        return ReceivedEvent(
            key: id, isSpoilt: try row.string("order_id").contains(ConformanceEvents.mark))
    }
}

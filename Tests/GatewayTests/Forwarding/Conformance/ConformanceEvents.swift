@testable import WebhookGateway

/// The events that every destination is tried with.
enum ConformanceEvents {
    /// Whoever finds this in an event refuses it.
    static let mark = "refuse-me"

    /// A payment with customer, amount, order and items; `padding` makes an item's name so long.
    static func payment(_ number: Int, isSpoilt: Bool = false, padding: Int = 0) throws -> Event {
        let name = isSpoilt ? "\(mark)-\(number)" : String(number)
        return try .sample(
            id: id(number),
            data: #"{"customer":{"id":"cus_\#(name)","email":"ada\#(name)@example.com","name":"Ada Lovelace","#
                + #""phone":"+1 650 555 1212"},"amount":{"minor":1999,"currency":"USD","decimal":"19.99"},"#
                + #""order":{"id":"ord_\#(name)"},"payment":{"id":"pi_\#(name)","status":"succeeded"},"#
                + #""items":[{"id":"sku_1","name":"Tea\#(String(repeating: "a", count: padding))","quantity":"1.5","price":{"minor":250,"currency":"USD","decimal":"2.50"}}],"#
                + #""livemode":true}"#)
    }

    static func payments(_ count: Int, spoilt: Set<Int> = [], padding: Int = 0) throws -> [Event] {
        try (0..<count).map { try payment($0, isSpoilt: spoilt.contains($0), padding: padding) }
    }

    /// Ids as the gateway makes them.
    static func id(_ number: Int) -> String {
        let text = String(number)
        return "01JB2QK9Z8X4YV7WTN3M5" + String(repeating: "0", count: 5 - text.count) + text
    }
}

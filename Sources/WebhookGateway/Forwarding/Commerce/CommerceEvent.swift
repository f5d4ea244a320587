import Verifiers

/// A canonical event as analytics services ask about it: who, when, how much, and whether it is a sale.
struct CommerceEvent {
    enum Role: Sendable {
        case purchase, refund, other
    }

    let event: Event
    let role: Role
    /// When it happened at the provider, in Unix milliseconds.
    let unixMilliseconds: Int64
    let customerID: String?
    let email: String?
    let phone: String?
    let customerName: String?
    /// The amount in major units, digit for digit a JSON number; with its currency or not at all.
    let amount: (number: String, currency: String)?

    init(_ event: Event, _ settings: CommerceSettings) {
        self.event = event
        let document = event.document
        let data = document.member("data")
        func text(_ object: StaticString, _ name: StaticString) -> String? {
            EventText.scalar(document.member(name, of: document.member(object, of: data)), document)
        }
        unixMilliseconds = EventText.unixMilliseconds(document)
        customerID = text("customer", "id")
        email = text("customer", "email")
        phone = text("customer", "phone")
        customerName = text("customer", "name")
        if let decimal = text("amount", "decimal"), let number = EventText.number(decimal),
            let currency = text("amount", "currency")
        {
            amount = (number, currency)
        } else {
            amount = nil
        }
        role =
            if amount == nil {
                .other
            } else if settings.purchaseTypes.contains(event.type) {
                .purchase
            } else if settings.refundTypes.contains(event.type) {
                .refund
            } else {
                .other
            }
    }

    /// What destination mappings match: a sale is a sale, whichever event told of it.
    var mappedType: String {
        switch role {
        case .purchase: "order.completed"
        case .refund: "order.refunded"
        case .other: event.type
        }
    }

    /// When it happened, as the event says it (RFC 3339).
    var time: String { event.document.string(of: event.document.member("time")) ?? Self.text(unixMilliseconds) }

    /// The customer's id unless it is one of the words that stand for nobody, which services refuse or lump together.
    var identity: String? {
        guard let customerID, !Self.placeholders.contains(customerID.lowercased()) else { return nil }
        return customerID
    }

    /// The names that Mixpanel and Amplitude take for a bug (destinations reference, §3 and §7).
    private static let placeholders: Set<String> = [
        "", "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na",
        "undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
    ]

    private static func text(_ unixMilliseconds: Int64) -> String {
        Timestamp(seconds: unixMilliseconds / 1000).formatted()
    }
}

/// Values of an event as text.
enum EventText {
    /// A string's value, or a number's or boolean's spelling; nil for `null`, structures and the empty text.
    static func scalar(_ node: JSONDocument.Node?, _ document: JSONDocument) -> String? {
        guard let node else { return nil }
        switch document.kind(of: node) {
        case .string:
            guard let text = document.string(of: node), !text.isEmpty else { return nil }
            return text
        case .number, .boolean: return String(decoding: document.text(of: node), as: UTF8.self)
        case .object, .array, .null: return nil
        }
    }

    /// A decimal text as a JSON number with all its digits; no floating point in between.
    static func number(_ text: String) -> String? {
        guard let decimal = DecimalText(text.utf8) else { return nil }
        var number: [UInt8] = []
        decimal.append(to: &number)
        return String(decoding: number, as: UTF8.self)
    }

    /// `time`, else `receivedat`.
    static func unixMilliseconds(_ document: JSONDocument) -> Int64 {
        for name: StaticString in ["time", "receivedat"] {
            guard let text = document.string(of: document.member(name)),
                let time = Timestamp(rfc3339: Array(text.utf8)[...])
            else { continue }
            return time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000
        }
        return 0
    }
}

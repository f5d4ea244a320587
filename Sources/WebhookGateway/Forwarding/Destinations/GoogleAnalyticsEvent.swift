import Verifiers

/// One canonical event as Google Analytics takes it: the parameters that every event has, and those that rules make of
/// its data (`GoogleAnalyticsMapping`, or the operator's).
///
/// Google drops an event without a word for a parameter that it does not like. What it would not take is left out,
/// whichever rule made it; and a value that looks like an e-mail is, as Google's terms forbid it.
struct GoogleAnalyticsEvent {
    let name: String
    let clientID: String
    let unixMicroseconds: Int64
    private var parameters: [(name: String, json: [UInt8])] = []

    /// Limits of the protocol (destinations reference, §1).
    private static let maximumParameters = 25
    private static let maximumValueCharacters = 100

    init(_ event: Event, _ settings: GoogleAnalyticsSettings) throws(RefusedEvent) {
        let document = event.document
        let data = document.member("data")
        func node(_ path: [StaticString]) -> JSONDocument.Node? {
            path.reduce(data) { node, name in document.member(name, of: node) }
        }
        func text(_ path: [StaticString]) -> String? { EventText.scalar(node(path), document) }
        let commerce = CommerceEvent(event, settings.commerce)
        let mapped = try settings.mapping.map(commerce)

        unixMicroseconds = Self.unixMicroseconds(document)
        clientID = Self.clientID(event, customer: commerce.customerID, order: text(["order", "id"]))
        name =
            switch commerce.role {
            case .purchase where !mapped.isNamed: "purchase"
            case .refund where !mapped.isNamed: "refund"
            case .purchase, .refund, .other: GoogleAnalyticsName.event(mapped.type)
            }

        if commerce.role != .other {
            let sources: [[StaticString]] = [["order", "id"], ["payment", "id"]]
            let ordered = settings.transactionID == .order ? sources : sources.reversed()
            addText("transaction_id", ordered.lazy.compactMap(text).first ?? event.subject)
        }
        if let amount = commerce.amount {
            // A refund is a positive value; some providers write it with a sign.
            let isSigned = commerce.role == .refund && amount.number.hasPrefix("-")
            add("value", Array((isSigned ? amount.number.dropFirst() : amount.number[...]).utf8))
            addText("currency", amount.currency)
        }
        if let items = GoogleAnalyticsItems.json(document.member("items", of: data), document) { add("items", items) }
        if settings.debugMode { add("debug_mode", [UInt8(ascii: "1")]) }
        addText("event_id", event.deduplicationKey)
        addText("provider", EventText.scalar(document.member("provider"), document))
        addText("webhook_source", event.source)
        try addMapped(mapped.properties)
    }

    /// Adds what the rules made, in place of a parameter of the same name.
    private mutating func addMapped(_ properties: [UInt8]) throws(RefusedEvent) {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(properties[...])
        } catch {
            throw .dataError("what the mapping makes of it is \(error)")
        }
        for property in document.children(of: .root) {
            guard let name = document.name(of: property), GoogleAnalyticsName.isParameter(name),
                let json = Self.json(property, document)
            else { continue }
            if let place = parameters.firstIndex(where: { $0.name == name }) {
                parameters[place].json = json
            } else {
                add(name, json)
            }
        }
    }

    /// A value of the rules as a parameter's: texts and numbers only.
    private static func json(_ node: JSONDocument.Node, _ document: JSONDocument) -> [UInt8]? {
        if document.kind(of: node) == .number { return Array(document.text(of: node)) }
        return EventText.scalar(node, document).flatMap { json($0) }
    }

    /// The event as an element of `events`; a time that lies ahead of `latest` (a clock that is fast) becomes that.
    func json(latest unixMilliseconds: Int64) -> [UInt8] {
        var output = Array(#"{"name":"#.utf8)
        JSONWriter.append(name, to: &output)
        output += #","timestamp_micros":"#.utf8
        JSONWriter.append(min(unixMicroseconds, unixMilliseconds * 1000), to: &output)
        output += #","params":{"#.utf8
        for (index, parameter) in parameters.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONWriter.append(parameter.name, to: &output)
            output.append(UInt8(ascii: ":"))
            output += parameter.json
        }
        output += "}}".utf8
        return output
    }

    private mutating func add(_ name: String, _ json: [UInt8]) {
        if parameters.count < Self.maximumParameters { parameters.append((name, json)) }
    }

    private mutating func addText(_ name: String, _ value: String?) {
        guard let value, let json = Self.json(value) else { return }
        add(name, json)
    }

    /// A text as a parameter's value: cut to its limit; nil when it is empty or looks like an e-mail.
    static func json(_ value: String) -> [UInt8]? {
        guard !value.isEmpty, !looksLikeEmail(value) else { return nil }
        var json: [UInt8] = []
        JSONWriter.append(String(value.prefix(maximumValueCharacters)), to: &json)
        return json
    }

    private static func looksLikeEmail(_ text: String) -> Bool {
        guard let at = text.firstIndex(of: "@"), at != text.startIndex else { return false }
        return text[text.index(after: at)...].contains(".")
    }

    private static func unixMicroseconds(_ document: JSONDocument) -> Int64 {
        for name: StaticString in ["time", "receivedat"] {
            guard let text = document.string(of: document.member(name)),
                let time = Timestamp(rfc3339: Array(text.utf8)[...])
            else { continue }
            return time.seconds * 1_000_000 + Int64(time.nanoseconds) / 1000
        }
        return 0
    }

    /// A stable pseudonym: the customer's where there is one, else that of what the event is about. A random one would
    /// make every event a new user; the customer's own id or e-mail would tell Google who it is.
    private static func clientID(_ event: Event, customer: String?, order: String?) -> String {
        func hash(_ text: String) -> String {
            String(SHA256Hash.hex(of: Array("\(event.tenant)\0\(text)".utf8)[...]).prefix(32))
        }
        if let customer, !customer.isEmpty, !looksLikeEmail(customer) { return hash(customer) }
        // An e-mail's hash can be guessed, so it is no pseudonym.
        let anchor = [order, event.subject].compactMap { $0 }.first { !$0.isEmpty && !looksLikeEmail($0) }
        return "srv.\(hash(anchor ?? event.id))"
    }
}

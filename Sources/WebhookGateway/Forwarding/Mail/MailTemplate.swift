import Verifiers

/// What one event becomes as a mail.
struct MailMessage: Equatable, Sendable {
    var from: MailAddress
    var to: MailAddress
    var subject: String
    var text: String
    var html: String?
}

/// The settings that all mail services share: whom a mail is from and to, and what it says.
struct MailTemplate: Sendable {
    static let card: [DestinationCard.Setting] = [
        .init(
            name: "from", defaultValue: nil,
            description: "the sender, which the service must know: \"Shop <orders@shop.example>\""),
        .init(
            name: "to", defaultValue: nil,
            description: "the recipient: a field of the event (\"{{data.customer.email}}\") or an address"),
        .init(name: "subject", defaultValue: nil, description: "the subject: \"Order {{data.order.id}}\""),
        .init(name: "text", defaultValue: nil, description: "the mail as plain text, with {{paths}} of the event"),
        .init(
            name: "html", defaultValue: "null",
            description: "the same as HTML; values are escaped for text and quoted attributes"),
    ]

    private enum Recipient: Sendable {
        case fixed(MailAddress)
        case field(FieldPath)
    }

    private static let maximumSubject = 250
    private static let maximumTemplateBytes = 256 << 10
    private static let maximumMessageBytes = 1 << 20

    private let from: MailAddress
    private let to: Recipient
    private let subject: MailText
    private let text: MailText
    private let html: MailText?

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        try Self.requireFilter(configuration.filter)
        let settings = DestinationSettings(configuration)
        guard let from = MailAddress(try settings.text("from") ?? "") else {
            throw InvalidDestination(
                key: "settings.from",
                reason: "is no address; write it as orders@shop.example or \"Shop <orders@shop.example>\"")
        }
        self.from = from
        to = try Self.recipient(settings)
        let subject = try Self.mailText("subject", settings)
        guard (try settings.text("subject") ?? "").unicodeScalars.allSatisfy(MailAddress.isPrintable) else {
            throw InvalidDestination(key: "settings.subject", reason: "must be one line without control characters")
        }
        guard let subject, let text = try Self.mailText("text", settings) else {
            throw InvalidDestination(key: "settings.text", reason: "missing; set it to what the mail says")
        }
        self.subject = subject
        self.text = text
        html = try Self.mailText("html", settings)
    }

    /// The domain that the service must know as the sender's.
    var senderDomain: String { from.domain }

    /// The event's mail, or why there is none.
    func message(_ event: Event) throws(RefusedEvent) -> MailMessage {
        var line = subject.rendered(event, as: .line)
        if line.count > Self.maximumSubject { line = line.prefix(Self.maximumSubject - 1) + "…" }
        let message = MailMessage(
            from: from, to: try recipient(of: event), subject: line, text: text.rendered(event, as: .plain),
            html: html?.rendered(event, as: .html))
        guard [line, message.text].allSatisfy({ $0.contains { !$0.isWhitespace } }) else {
            throw .dataError("its subject or text would be empty: the event has none of the fields they are made of")
        }
        let bytes = message.text.utf8.count + (message.html?.utf8.count ?? 0)
        guard bytes <= Self.maximumMessageBytes else {
            throw .dataError("the mail would have \(bytes) bytes, more than \(Self.maximumMessageBytes)")
        }
        return message
    }

    private func recipient(of event: Event) throws(RefusedEvent) -> MailAddress {
        switch to {
        case .fixed(let address): return address
        case .field(let path):
            guard let value = MailText.value(at: path, in: event) else {
                throw .dataError("it has no recipient: \(path.text) (settings.to) is not in the event")
            }
            guard let address = MailAddress(bare: value) else {
                throw .dataError("it has no recipient: what stands at \(path.text) (settings.to) is no mail address")
            }
            return address
        }
    }

    /// A mail for every event is what nobody wants; which ones must be said.
    private static func requireFilter(_ filter: FilterConfiguration) throws(InvalidDestination) {
        let lists = [filter.types, filter.sources, filter.tenants]
        guard lists.allSatisfy({ $0.contains("*") }) else { return }
        throw InvalidDestination(
            key: "filter",
            reason: "missing: every event would become a mail; name the types that are to, "
                + #"as in filter: { types: ["payment.succeeded"] }"#)
    }

    private static func recipient(_ settings: DestinationSettings) throws(InvalidDestination) -> Recipient {
        guard let text = try mailText("to", settings) else {
            throw InvalidDestination(key: "settings.to", reason: "missing; set it to {{data.customer.email}}")
        }
        if let path = text.onlyPath, !path.isPlural { return .field(path) }
        guard text.isLiteral, let address = MailAddress(try settings.text("to") ?? "") else {
            throw InvalidDestination(
                key: "settings.to",
                reason: "is neither an address nor one field of the event, as in {{data.customer.email}}")
        }
        return .fixed(address)
    }

    private static func mailText(
        _ name: String, _ settings: DestinationSettings
    ) throws(InvalidDestination) -> MailText? {
        guard let text = try settings.text(name) else { return nil }
        guard text.utf8.count <= maximumTemplateBytes else {
            throw InvalidDestination(
                key: "settings.\(name)", reason: "has more than \(maximumTemplateBytes) bytes; shorten it")
        }
        do throws(MalformedPath) {
            return try MailText(parsing: text)
        } catch {
            throw InvalidDestination(key: "settings.\(name)", reason: error.reason)
        }
    }
}

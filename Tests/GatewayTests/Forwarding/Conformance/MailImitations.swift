import Verifiers

@testable import WebhookGateway

/// The mail that every service is asked to send, and what each must find in it.
enum ConformanceMail {
    static let from = "Tea, Ltd. <orders@shop.example>"

    static func configure(_ configuration: inout DestinationConfiguration) {
        configuration.filter.types = ["payment.succeeded"]
        configuration.settings = [
            "from": .text(from), "to": .text("{{data.customer.email}}"),
            "subject": .text("Order {{data.order.id}}"),
            "text": .text("{{data.amount.decimal}} {{data.amount.currency}}"),
            "html": .text("<p>{{data.customer.name}}</p>"),
        ]
    }

    /// What a service found of one mail.
    static func read(
        key: String, to: String, subject: String, text: String, html: String
    ) throws(Violation) -> ReceivedEvent {
        guard to.hasPrefix("ada"), to.hasSuffix("@example.com"), subject.hasPrefix("Order ord_"), text == "19.99 USD",
            html == "<p>Ada Lovelace</p>"
        else { throw Violation("recipient, subject, text or html is wrong") }
        return ReceivedEvent(key: key, isSpoilt: subject.contains(ConformanceEvents.mark))
    }
}

/// `/v3/mail/send`: 202 and an empty body.
struct SendGridImitation: APIImitation {
    let type = "sendgrid"
    private let key = "SG.0123456789.abcdefghij"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["apiKey": Secret(literal: key)]
        ConformanceMail.configure(&configuration)
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/v3/mail/send")
        try request.require(header: "Content-Type", "application/json")
        try request.require(header: "Authorization", "Bearer \(key)")
        let body = try request.json()
        let personalization = try body.member("personalizations").elements(1...1)[0]
        let sender = try body.member("from")
        let contents = try body.member("content").elements(2...2)
        guard try sender.string("email") == "orders@shop.example", try sender.string("name") == "Tea, Ltd.",
            try contents[0].string("type") == "text/plain", try contents[1].string("type") == "text/html"
        else { throw Violation("the sender is wrong, or plain text does not come first") }
        return .events([
            try ConformanceMail.read(
                key: try personalization.member("custom_args").string("event_id"),
                to: try personalization.member("to").elements(1...1)[0].string("email"),
                subject: try body.string("subject"), text: try contents[0].string("value"),
                html: try contents[1].string("value"))
        ])
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer(202, headers: ["X-Message-Id: abc-1"])] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [
            .answer(
                400,
                body: #"{"errors":[{"message":"refused by the imitation","field":"personalizations.0.to.0.email"}]}"#)
        ]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                429, headers: ["X-RateLimit-Reset: 1795250470"], body: #"{"errors":[{"message":"too many requests"}]}"#)
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [.answer(401, body: #"{"errors":[{"message":"The provided authorization grant is invalid: \#(key)"}]}"#)]
    }
}

/// `/v3/{domain}/messages`: a form, and JSON with the mail's id.
struct MailgunImitation: APIImitation {
    let type = "mailgun"
    private let key = "key-0123456789abcdef"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["apiKey": Secret(literal: key), "domain": Secret(literal: "mg.shop.example")]
        ConformanceMail.configure(&configuration)
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/v3/mg.shop.example/messages")
        try request.require(header: "Content-Type", "application/x-www-form-urlencoded")
        try request.requireBasic("api", key)
        var form: [String: String] = [:]
        for pair in request.text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                String(decoding: PercentEncoding.decode(Array($0.utf8)[...], plusIsSpace: true), as: UTF8.self)
            }
            guard parts.count == 2, form.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw Violation("the form is broken at \(pair)")
            }
        }
        guard form["from"] == #""Tea, Ltd." <orders@shop.example>"#, form["o:testmode"] == nil,
            let id = form["h:Message-Id"], id.hasPrefix("<"), id.hasSuffix("@mg.shop.example>"),
            form["v:event-id"]?.hasPrefix("01JB2") == true
        else { throw Violation("sender, Message-Id or event-id is wrong") }
        return .events([
            try ConformanceMail.read(
                key: id, to: form["to"] ?? "", subject: form["subject"] ?? "", text: form["text"] ?? "",
                html: form["html"] ?? "")
        ])
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] {
        [.answer(body: #"{"id":"<2@mg.shop.example>","message":"Queued. Thank you."}"#)]
    }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [.answer(400, body: #"{"message":"to parameter is not a valid address (refused by the imitation)"}"#)]
    }

    var unauthorized: [FakeHTTPServer.Step] { [.answer(401, body: "Forbidden")] }
}

/// `/emails` with `Idempotency-Key`.
struct ResendImitation: APIImitation {
    let type = "resend"
    private let key = "re_0123456789"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["apiKey": Secret(literal: key)]
        ConformanceMail.configure(&configuration)
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/emails")
        try request.require(header: "Content-Type", "application/json")
        try request.require(header: "Authorization", "Bearer \(key)")
        guard let idempotencyKey = request.headers["idempotency-key"], (1...256).contains(idempotencyKey.utf8.count)
        else { throw Violation("there is no Idempotency-Key of 1 to 256 characters") }
        let body = try request.json()
        guard try body.string("from") == #""Tea, Ltd." <orders@shop.example>"# else {
            throw Violation("the sender is wrong")
        }
        let tag = try body.member("tags").elements(1...1)[0]
        guard try tag.string("name") == "event_id", idempotencyKey.hasPrefix("test/"),
            String(idempotencyKey.dropFirst(5)).isDeduplicationKey(of: try tag.string("value"))
        else {
            throw Violation("the tag or the key is not the event's id")
        }
        let to = try body.member("to").elements(1...1)[0].text
        return .events([
            try ConformanceMail.read(
                key: idempotencyKey, to: String(to.dropFirst().dropLast()), subject: try body.string("subject"),
                text: try body.string("text"), html: try body.string("html"))
        ])
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer(body: #"{"id":"49a3999c-0ce1"}"#)] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [
            .answer(
                422, body: #"{"statusCode":422,"name":"validation_error","message":"`to` refused by the imitation"}"#)
        ]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                429, headers: ["retry-after: 1"], body: #"{"name":"rate_limit_exceeded","message":"Too many requests"}"#
            )
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [.answer(403, body: #"{"statusCode":403,"name":"invalid_api_key","message":"API key is invalid"}"#)]
    }
}

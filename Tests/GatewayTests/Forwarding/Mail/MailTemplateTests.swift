import Testing

@testable import WebhookGateway

struct MailAddressTests {
    @Test(
        arguments: [
            ("ada@example.com", nil, "ada@example.com"), ("Ada <ada@example.com>", "Ada", "Ada <ada@example.com>"),
            ("\"Tea, Ltd.\" <a.b+c@shop.example>", "Tea, Ltd.", "\"Tea, Ltd.\" <a.b+c@shop.example>"),
            ("<ada@example.com>", nil, "ada@example.com"), ("jürgen@bücher.example", nil, "jürgen@bücher.example"),
        ] as [(String, String?, String)])
    func `addresses are read with and without a name`(_ text: String, _ name: String?, _ written: String) {
        #expect(MailAddress(text)?.name == name)
        #expect(MailAddress(text)?.text == written)
    }

    @Test(arguments: [
        "", "ada", "ada@", "@example.com", "ada@example", "ada@example.com,eve@example.com", "ada@exa mple.com",
        "ada@example.com\r\nBcc: eve@example.com", "ada@example.com\nx", "a..b@example.com", "ada@.example.com",
        "ada@example.com;eve@example.com", "ada@eve@example.com", "ada\u{0}@example.com", "ada@exam\u{85}ple.com",
        "\"a b\"@example.com", "ada@[127.0.0.1]", "Ada <ada@example.com> <eve@example.com>",
        "Ada\r\nBcc: x <ada@example.com>",
    ])
    func `what could be more than one address is none`(_ text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test func `an address of an event has no name and a bound`() {
        #expect(MailAddress(bare: " ada@example.com ")?.address == "ada@example.com")
        #expect(MailAddress(bare: "Ada <ada@example.com>") == nil)
        #expect(MailAddress(bare: String(repeating: "a", count: 65) + "@example.com") == nil)
        #expect(MailAddress(bare: "a@" + String(repeating: "a.", count: 130) + "com") == nil)
    }
}

struct MailTextTests {
    private func rendered(_ text: String, as form: MailText.Form, _ data: String) throws -> String {
        try MailText(parsing: text).rendered(try .sample(data: data), as: form)
    }

    @Test func `values of the event stand where their paths stood`() throws {
        let data =
            #"{"order":{"id":"A-1"},"amount":{"minor":1999},"livemode":true,"items":[{"name":"Tea"},{"name":"Pot"}]}"#
        #expect(try rendered("{{ data.order.id }}: {{data.items[*].name}}", as: .plain, data) == "A-1: Tea, Pot")
        #expect(
            try rendered("{{type}} {{data.amount.minor}} {{data.livemode}}", as: .plain, data)
                == "payment.succeeded 1999 true")
        #expect(try rendered("{{data.items[1].name}}{{data.items}}{{data.order}}", as: .plain, data) == "Pot")
    }

    @Test func `what is not there is nothing, or what stands behind the bar`() throws {
        #expect(try rendered("Dear {{data.customer.name | customer}}{{data.x}},", as: .plain, "{}") == "Dear customer,")
    }

    @Test func `a value stays where it stands`() throws {
        let data = #"{"a":"<b> & \"x\" 'y'\r\nBcc: eve@example.com\u2028\u0000"}"#
        #expect(
            try rendered("<i title=\"{{data.a}}\">", as: .html, data)
                == "<i title=\"&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;\nBcc: eve@example.com\u{2028}\">")
        #expect(try rendered("{{data.a}}", as: .line, data) == "<b> & \"x\" 'y' Bcc: eve@example.com ")
        #expect(try rendered("{{data.a | <}}", as: .html, "{}") == "&lt;")
    }

    @Test func `a value cannot name another`() throws {
        #expect(try rendered("{{data.a}}", as: .plain, #"{"a":"{{data.b}}","b":"secret"}"#) == "{{data.b}}")
    }

    @Test func `a long value is cut`() throws {
        let data = #"{"a":"\#(String(repeating: "x", count: 100_000))"}"#
        #expect(try rendered("{{data.a}}", as: .plain, data).count == 4096)
    }

    @Test(arguments: [
        ("{{customer.email}}", "data.customer.email"), ("{{", "no }}"), ("{{}}", "empty"),
        ("{{data.[x]}}", "cannot be read"),
        (String(repeating: "{{id}}-", count: 201), "200"),
    ])
    func `a template that cannot work is refused`(_ text: String, _ reason: String) {
        let error = #expect(throws: MalformedPath.self) { try MailText(parsing: text) }
        #expect(error?.reason.contains(reason) == true)
    }
}

struct MailTemplateTests {
    static let settings: [String: JSONValue] = [
        "from": .text("Shop <orders@shop.example>"), "to": .text("{{data.customer.email}}"),
        "subject": .text("Order {{data.order.id}}"), "text": .text("Thank you, {{data.customer.name}}"),
    ]

    private func template(_ changes: [String: JSONValue] = [:]) throws -> MailTemplate {
        try MailTemplate(
            .sample("resend") { configuration in
                configuration.filter.types = ["payment.*"]
                configuration.settings = Self.settings.merging(changes) { $1 }
            })
    }

    private func refusal(_ template: MailTemplate, _ data: String) throws -> String {
        let event = try Event.sample(data: data)
        let error = #expect(throws: RefusedEvent.self) { try template.message(event) }
        #expect(error?.category == .dataError)
        return error?.reason ?? ""
    }

    @Test func `a mail is made of the event`() throws {
        let data = #"{"customer":{"email":"ada@example.com","name":"<Ada>"},"order":{"id":"1\r\n2"}}"#
        let message = try template(["html": .text("<p>{{data.customer.name}}")]).message(try .sample(data: data))
        #expect(message.to.address == "ada@example.com")
        #expect(message.subject == "Order 1 2")
        #expect(message.text == "Thank you, <Ada>")
        #expect(message.html == "<p>&lt;Ada&gt;")
        let long = #"{"customer":{"email":"ada@example.com"},"order":{"id":"\#(String(repeating: "9", count: 900))"}}"#
        #expect(try template().message(try .sample(data: long)).subject.count == 250)
    }

    @Test func `without a recipient there is no mail, and the field is named`() throws {
        #expect(try refusal(template(), "{}").contains("data.customer.email"))
        let list = #"{"customer":{"email":"ada@example.com, eve@example.com"}}"#
        let reason = try refusal(template(), list)
        #expect(reason.contains("data.customer.email") && !reason.contains("eve@"))
        #expect(try refusal(template(), #"{"customer":{"email":"a@b.cd\r\nBcc: e@f.gh"}}"#).contains("no mail address"))
    }

    @Test func `a mail that says nothing or too much is not sent`() throws {
        let customer = #"{"customer":{"email":"ada@example.com"},"x":"\#(String(repeating: "&", count: 4096))"}"#
        #expect(try refusal(template(["text": .text("{{data.y}}")]), customer).contains("empty"))
        let html = String(repeating: "{{data.x}}", count: 100)
        #expect(try refusal(template(["html": .text(html)]), customer).contains("bytes"))
    }

    @Test(arguments: [
        ("from", JSONValue.text("nobody")), ("to", .text("Ada {{data.customer.email}}")),
        ("to", .text("{{data.customers[*].email}}")), ("to", .text("{{customer.email}}")), ("to", .text("nobody")),
        ("subject", .text("a\r\nBcc: b")), ("text", .integer(1)), ("html", .text("{{")),
        ("text", .text(String(repeating: "x", count: 300_000))),
    ])
    func `settings that cannot work are refused`(_ name: String, _ value: JSONValue) {
        for type in ["sendgrid", "mailgun", "resend"] {
            let problems = DestinationCatalog.problems(
                of: .sample(type) { configuration in
                    configuration.filter.types = ["payment.*"]
                    configuration.credentials["apiKey"] = Secret(literal: "key")
                    if type == "mailgun" { configuration.credentials["domain"] = Secret(literal: "shop.example") }
                    configuration.settings = Self.settings.merging([name: value]) { $1 }
                })
            #expect(problems.map(\.key) == ["settings.\(name)"])
        }
    }

    @Test(arguments: ["sendgrid", "mailgun", "resend"])
    func `without a filter nothing is mailed`(_ type: String) {
        for types in [["*"], ["payment.*", "*"]] {
            let problems = DestinationCatalog.problems(
                of: .sample(type) { configuration in
                    configuration.filter.types = types
                    configuration.credentials["apiKey"] = Secret(literal: "key")
                    if type == "mailgun" { configuration.credentials["domain"] = Secret(literal: "shop.example") }
                    configuration.settings = Self.settings
                })
            #expect(problems.map(\.key) == ["filter"])
            #expect(problems.first?.reason.contains("every event would become a mail") == true)
        }
    }
}

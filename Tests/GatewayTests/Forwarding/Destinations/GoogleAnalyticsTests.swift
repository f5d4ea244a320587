import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct GoogleAnalyticsDestinationTests {
    private let payment =
        #"{"customer":{"id":"cus_1","email":"ada@example.com","name":"Ada"},"amount":{"minor":1999,"currency":"USD","decimal":"19.99"},"#
        + #""order":{"id":"ord_7"},"payment":{"id":"pi_1","status":"succeeded"},"livemode":true}"#

    private func destination(
        _ server: FakeHTTPServer, at milliseconds: Int64 = Event.sampleMilliseconds + 1000,
        settings: [String: JSONValue] = [:]
    ) throws -> any Destination {
        let configuration = DestinationConfiguration.sample("google-analytics") { configuration in
            configuration.baseURL = server.url("")
            configuration.credentials["measurementId"] = Secret(literal: "G-TEST123")
            configuration.credentials["apiSecret"] = Secret(literal: "s3cr3t+/x")
            configuration.settings = settings
        }
        return try DestinationCatalog.make(
            DestinationContext(configuration, client: HTTPClient(version: "test"), unixMilliseconds: { milliseconds }))
    }

    @Test func `a payment arrives as a purchase`() async throws {
        let server = try FakeHTTPServer { _ in [.text("HTTP/1.1 204 No Content\r\n\r\n")] }
        let result = try await destination(server).send([try .sample(data: payment)])
        #expect(result.outcomes == [.delivered])
        #expect(result.status == 204)
        #expect(result.answer?.contains("unverifiable") == true)
        #expect(result.request == "POST http://127.0.0.1:\(server.port)/mp/collect")

        let received = try #require(server.received.first)
        #expect(received.method == "POST")
        #expect(received.target == "/mp/collect?measurement_id=G-TEST123&api_secret=s3cr3t%2B%2Fx")
        #expect(received.headers["content-type"] == "application/json")
        let clientID = String(SHA256Hash.hex(of: Array("default\0cus_1".utf8)[...]).prefix(32))
        #expect(
            received.text
                == #"{"client_id":"\#(clientID)","events":[{"name":"purchase","timestamp_micros":1795250460000000,"#
                + #""params":{"transaction_id":"ord_7","value":19.99,"currency":"USD","event_id":"01JB2QK9Z8X4YV7WTN3M5R6P1D","#
                + #""provider":"stripe","webhook_source":"stripe","livemode":"true","order_id":"ord_7","#
                + #""payment_id":"pi_1","payment_status":"succeeded"}}]}"#)
    }

    @Test func `a request holds the events of one client`() async throws {
        let server = try FakeHTTPServer { $0.text.contains("order_b") ? [.answer(500)] : [.answer(204)] }
        let batch = try ["a", "b", "a", "c"].enumerated().map { index, customer in
            try Event.sample(
                id: "e\(index)", type: "order.created",
                data: #"{"customer":{"id":"\#(customer)"},"order":{"id":"order_\#(customer)"}}"#)
        }
        let result = try await destination(server).send(batch)
        #expect(result.outcomes.map { $0 == .delivered } == [true, false, true, true])
        guard case .retry(.providerError, _, nil) = result.outcomes[1] else {
            Issue.record("\(result)")
            return
        }
        #expect(result.status == 500)
        #expect(server.received.count == 3)
        let both = try #require(server.received.first { $0.text.contains("order_a") })
        #expect(both.text.contains(#""event_id":"e0""#) && both.text.contains(#""event_id":"e2""#))
    }

    @Test func `more events than a request may hold become several`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(204)] }
        let batch = try (0..<60).map { try Event.sample(id: "e\($0)", data: payment) }
        let result = try await destination(server).send(batch)
        #expect(result.outcomes == Array(repeating: .delivered, count: 60))
        let counts = server.received.map { $0.text.ranges(of: #""name":"purchase""#).count }
        #expect(counts.sorted() == [10, 25, 25])
    }

    @Test func `an event older than 72 hours is not sent`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(204)] }
        let limit = Event.sampleMilliseconds + 72 * 3_600_000
        let late = try await destination(server, at: limit + 1).send([try .sample(data: payment)])
        guard case .dead(.dataError, let reason) = late.outcomes[0] else {
            Issue.record("\(late)")
            return
        }
        #expect(reason.contains("older than 72 h"))
        #expect(server.received.isEmpty)
        let justInTime = try await destination(server, at: limit).send([try .sample(data: payment)])
        #expect(justInTime.outcomes == [.delivered])
    }

    @Test func `a time that lies ahead is sent as now`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(204)] }
        _ = try await destination(server, at: Event.sampleMilliseconds - 5000).send([try .sample(data: payment)])
        #expect(server.received.first?.text.contains(#""timestamp_micros":1795250455000000,"#) == true)
    }

    @Test func `an unknown outcome is retried, or given up where counting twice is worse`() async throws {
        let server = try FakeHTTPServer { _ in [.reset] }
        let retried = try await destination(server).send([try .sample(data: payment)])
        guard case .retry(.network, _, nil) = retried.outcomes[0] else {
            Issue.record("\(retried)")
            return
        }
        let given = try await destination(server, settings: ["afterUnknownOutcome": .text("giveUp")]).send([
            try .sample(data: payment)
        ])
        guard case .dead(.network, let reason) = given.outcomes[0] else {
            Issue.record("\(given)")
            return
        }
        #expect(reason.contains("not repeated"))
    }

    @Test func `the key is in no record, whatever the answer says`() async throws {
        let server = try FakeHTTPServer { request in [.answer(400, body: "cannot \(request.target) s3cr3t+/x")] }
        let result = try await destination(server).send([try .sample(data: payment)])
        #expect(!"\(result)".contains("s3cr3t"))
        guard case .dead(.validation, _) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `a web page is not Google's answer`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(200, body: "<html>Please log in</html>")] }
        let result = try await destination(server).send([try .sample(data: payment)])
        guard case .retry(.providerError, _, _) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `a request stays below 130 kB, and what is larger alone is dead`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(204)] }
        func items(_ count: Int) throws -> Event {
            let item =
                #"{"id":"\#(String(repeating: "€", count: 100))","name":"\#(String(repeating: "é", count: 100))"}"#
            let list = Array(repeating: item, count: count).joined(separator: ",")
            return try .sample(data: #"{"customer":{"id":"c"},"items":[\#(list)]}"#)
        }
        let result = try await destination(server).send([
            try items(100), try items(100), try items(190), try items(200),
        ])
        #expect(result.outcomes.map { $0 == .delivered } == [true, true, true, true])
        #expect(server.received.count == 3)
        #expect(server.received.allSatisfy { $0.body.count < 130_000 })
        let rules: JSONValue = .object([
            "rules": .array([
                .object(["match": .text("*"), "root": .text("data"), "fields": .object(["a": .text("n")])])
            ])
        ])
        let large = try Event.sample(data: #"{"n":1\#(String(repeating: "0", count: 140_000))}"#)
        let refused = try await destination(server, settings: ["mapping": rules]).send([large])
        guard case .dead(.dataError, let reason) = refused.outcomes[0] else {
            Issue.record("sent")
            return
        }
        #expect(reason.contains("130 kB"))
    }

    @Test(
        arguments: [
            (200, #"{"validationMessages":[]}"#, .unverifiable), (404, "", .failed(.configuration)),
            (200, #"{"validationMessages":[{"description":"bad s3cr3t+/x"}]}"#, .failed(.validation)),
            (200, "<html>", .failed(.providerError)),
        ] as [(Int, String, CredentialCheck.Verdict)])
    func `the validation server is asked, which knows no keys`(
        _ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict
    ) async throws {
        let server = try FakeHTTPServer { request in
            request.path == "/debug/mp/collect" ? [.answer(status, body: body)] : [.answer(500)]
        }
        let check = try await destination(server).check()
        #expect(check.verdict == verdict)
        #expect(!check.explanation.contains("s3cr3t"))
    }

    @Test func `the region chooses the address`() throws {
        #expect(GoogleAnalyticsSettings.Region.eu.address == "https://region1.google-analytics.com")
        let settings = try GoogleAnalyticsSettings(.sample("google-analytics") { $0.settings["region"] = .text("eu") })
        #expect(settings.region == .eu)
    }
}

struct GoogleAnalyticsEventTests {
    private func event(
        _ type: String, _ data: String, subject: String? = "sub_1", _ settings: [String: JSONValue] = [:]
    ) throws -> GoogleAnalyticsEvent {
        try GoogleAnalyticsEvent(try .sample(type: type, subject: subject, data: data), self.settings(settings))
    }

    private func settings(_ settings: [String: JSONValue] = [:]) throws -> GoogleAnalyticsSettings {
        try GoogleAnalyticsSettings(.sample("google-analytics") { $0.settings = settings })
    }

    private func json(_ event: GoogleAnalyticsEvent) -> String {
        String(decoding: event.json(latest: Event.sampleMilliseconds), as: UTF8.self)
    }

    @Test func `a refund is positive and names the purchase`() throws {
        let data =
            #"{"amount":{"minor":-500,"currency":"KWD","decimal":"-0.500"},"refund":{"id":"re_1"},"payment":{"id":"pi_1"}}"#
        let refund = try event("refund.created", data)
        #expect(refund.name == "refund")
        #expect(json(refund).contains(#""params":{"transaction_id":"pi_1","value":0.500,"currency":"KWD","#))
    }

    @Test(arguments: [("order", "ord_1"), ("payment", "pi_1")])
    func `the transaction's id is the order's or the payment's`(_ source: String, _ id: String) throws {
        let settings = ["transactionId": JSONValue.text(source)]
        let data =
            #"{"amount":{"minor":1,"currency":"JPY","decimal":"1"},"order":{"id":"ord_1"},"payment":{"id":"pi_1"}}"#
        #expect(json(try event("payment.succeeded", data, settings)).contains(#""transaction_id":"\#(id)""#))
    }

    @Test func `a payment whose amount nobody told is no purchase`() throws {
        let event = try event("payment.succeeded", #"{"payment":{"id":"7"},"realmId":"1"}"#)
        #expect(event.name == "payment_succeeded")
        #expect(!json(event).contains("value"))
    }

    @Test(arguments: [
        ("invoice.paid", "invoice_paid"), ("payment.failed", "payment_failed"),
        ("quickbooks.Vendor.Update", "quickbooks_vendor_update"), ("stripe.v2.core-event", "stripe_v2_core_event"),
        ("checkout.sessionCompleted", "checkout_session_completed"), ("session.start", "webhook_session_start"),
        ("error", "webhook_error"), ("ga.hit", "webhook_ga_hit"), ("google.play.refund", "webhook_google_play_refund"),
        ("firebase.x", "webhook_firebase_x"), ("_x", "x"), ("7days", "webhook_7days"), ("ünïcode", "n_code"),
        ("…", "webhook"),
        ("subscription.trial_ending.and.then.something.very.long", "subscription_trial_ending_and_then_somet"),
    ])
    func `a name is one that Google takes`(_ type: String, _ name: String) {
        #expect(GoogleAnalyticsName.event(type) == name)
        #expect(name.utf8.count <= 40)
    }

    @Test func `items are listed with what is exact`() throws {
        let data = """
            {"amount":{"minor":1,"currency":"USD","decimal":"0.01"},"items":[
            {"id":"sku_1","name":"Tea","quantity":2,"price":{"minor":250,"currency":"USD","decimal":"2.50"}},
            {"name":"Cup","quantity":"1.5","amount":{"minor":100,"currency":"USD","decimal":"1.00"}},
            {"id":"sku_2","amount":{"minor":300,"currency":"USD","decimal":"3.00"}},
            {"quantity":1},{"id":null,"name":{"x":1}}]}
            """
        let text = json(try event("payment.succeeded", data))
        #expect(
            text.contains(
                #""items":[{"item_id":"sku_1","item_name":"Tea","price":2.50,"quantity":2},"#
                    + #"{"item_name":"Cup","quantity":1.5},{"item_id":"sku_2","price":3.00}]"#))
    }

    @Test func `nothing that Google forbids is sent`() throws {
        let data = """
            {"customer":{"id":"cus_1","email":"ada@example.com","name":"Ada Lovelace","phone":"+441234"},
            "order":{"id":"ada@example.com"},"payment":{"id":null,"status":["a"]},"list":{"id":{"a":1}},
            "contact":{"ipOpt":"203.0.113.7"},"reason":{"code":"\(String(repeating: "é", count: 300))","message":"to ada@example.com"},
            "items":[{"id":"1","name":"Gift for ada@example.com"}]}
            """
        let text = json(try event("contact.updated", data, subject: "ada@example.com"))
        #expect(!text.contains("@"))
        #expect(!text.contains("Ada"))
        #expect(!text.contains("+44"))
        #expect(!text.contains("203.0.113.7"))
        #expect(!text.contains("null"))
        #expect(text.contains(#""reason_code":"\#(String(repeating: "é", count: 100))""#))
        #expect(text.contains(#""items":[{"item_id":"1"}]"#))
    }

    @Test func `an event has at most 25 parameters, the ones that matter first`() throws {
        let things = [
            "payment", "order", "refund", "invoice", "subscription", "dispute", "checkout", "product", "list",
            "campaign",
        ]
        let members = things.map { #""\#($0)":{"id":"i","status":"s","number":"n","paymentStatus":"p"}"# }.joined(
            separator: ",")
        let data =
            #"{"amount":{"minor":1,"currency":"USD","decimal":"0.01"},\#(members),"livemode":true,"reason":{"code":"c"}}"#
        var document = JSONDocument()
        let event = try event("payment.succeeded", data)
        try document.read(event.json(latest: Event.sampleMilliseconds)[...])
        let parameters = document.member("params")
        #expect(document.count(of: parameters) == 25)
        #expect(document.string(of: document.member("transaction_id", of: parameters)) == "i")
    }

    @Test func `rules of one's own name events and parameters, within what Google takes`() throws {
        let fields: JSONValue = .object([
            "why": .text("reason.code"), "value": .text("total"), "firebase_x": .text("reason.code"),
            "mail": .text("customer.email"), "nested.a": .text("reason.code"), "list": .text("items[*].id"),
            "9th": .text("reason.code"),
        ])
        let rule: JSONValue = .object([
            "match": .text("payment.failed"), "type": .text("payment.Declined"), "root": .text("data"),
            "fields": fields,
        ])
        let mapping: JSONValue = .object(["extends": .text("google-analytics"), "rules": .array([rule])])
        let data =
            #"{"reason":{"code":"card"},"customer":{"email":"a@b.cd"},"items":[{"id":"1"}],"total":7,"#
            + #""amount":{"minor":100,"currency":"USD","decimal":"1.00"}}"#
        let declined = try event("payment.failed", data, ["mapping": mapping])
        #expect(declined.name == "payment_declined")
        let text = json(declined)
        #expect(text.contains(#""why":"card""#) && text.contains(#""value":7,"#))
        for name in ["firebase_x", "mail", "nested", "list", "9th"] { #expect(!text.contains("\"\(name)\":")) }
        #expect(try event("payment.succeeded", data, ["mapping": mapping]).name == "purchase")
        let only: JSONValue = .array([rule])
        let refusal = #expect(throws: RefusedEvent.self) { try event("order.created", data, ["mapping": only]) }
        #expect(refusal?.category == .configuration)
    }

    @Test func `the client is a stable pseudonym`() throws {
        let customer = try event("a.b", #"{"customer":{"id":"cus_1"}}"#)
        #expect(try event("c.d", #"{"customer":{"id":"cus_1"},"order":{"id":"x"}}"#).clientID == customer.clientID)
        #expect(!customer.clientID.contains("cus_1"))
        let order = try event("a.b", #"{"order":{"id":"ord_1"}}"#)
        #expect(order.clientID.hasPrefix("srv."))
        #expect(try event("a.b", #"{"x":1}"#).clientID != order.clientID)
        #expect(try event("a.b", #"{"x":1}"#, subject: "ord_1").clientID == order.clientID)
        // The hash of an e-mail can be guessed: the event's own id stands in.
        let cleaned = try event(
            "contact.cleaned", #"{"customer":{"email":"ada@example.com"}}"#, subject: "ada@example.com")
        #expect(
            cleaned.clientID == "srv."
                + SHA256Hash.hex(of: Array("default\u{0}01JB2QK9Z8X4YV7WTN3M5R6P1D".utf8)[...]).prefix(32))
    }

    @Test func `another tenant's customer of the same id is another client`() throws {
        let settings = try settings()
        let clients = try ["a", "b"].map {
            try GoogleAnalyticsEvent(try .sample(tenant: $0, data: #"{"customer":{"id":"1"}}"#), settings).clientID
        }
        #expect(clients[0] != clients[1])
    }
}

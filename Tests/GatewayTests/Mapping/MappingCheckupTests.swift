import Testing
import Verifiers

@testable import WebhookGateway

/// Fields that vanished from payloads are named, and found again where they went.
struct MappingCheckupTests {
    private static func body(_ name: String) throws -> String {
        let fixture = try #require(try WebhookFixture.all().first { $0.testDescription == name })
        return String(decoding: try fixture.delivery().body, as: UTF8.self)
    }

    /// Looks at deliveries like a recorded one with other bodies, the newest first, a second apart.
    private static func checkup(_ name: String, _ bodies: [String]) throws -> MappingCheckup {
        let fixture = try #require(try WebhookFixture.all().first { $0.testDescription == name })
        let instance = try fixture.instance()
        var checkup = MappingCheckup(try fixture.mapper())
        for (index, body) in bodies.enumerated() {
            var delivery = try fixture.delivery()
            delivery.body = Array(body.utf8)[...]
            var document = JSONDocument()
            for event in try instance.events(in: delivery, document: &document) {
                checkup.add(event, in: document, receivedAt: Int64(1_000_000 - index * 1000))
            }
        }
        return checkup
    }

    @Test func `recorded deliveries as they are lack no required field and nothing that they had`() throws {
        for provider in ["stripe", "square", "shopify"] {
            let fixtures = try WebhookFixture.all().filter { $0.provider == provider }.prefix(6)
            for fixture in fixtures where !fixture.name.hasPrefix("quarantine") {
                let body = String(decoding: try fixture.delivery().body, as: UTF8.self)
                let findings = try Self.checkup(fixture.testDescription, [body, body, body]).findings
                #expect(findings.filter { $0.isRequired || $0.lastSeen != nil }.map(\.target) == [], "\(fixture)")
            }
        }
    }

    /// A fixture, what is changed in it, the event's field that is lost, and where it is now.
    @Test(arguments: [
        ("stripe/payment_intent.succeeded", #""amount_received":"#, #""amountReceived":"#, "amount", "amountReceived"),
        (
            "stripe/payment_intent.succeeded", #""amount_received":"#, #""amount_recieved":"#, "amount",
            "amount_recieved"
        ),
        (
            "stripe/payment_intent.succeeded", #""amount_received":"#, #""amount_received_total":"#, "amount",
            "amount_received_total"
        ),
        (
            "stripe/payment_intent.succeeded", #""receipt_email": "ada.lovelace@example.com""#,
            #""buyer": { "mail": "ada.lovelace@example.com" }"#, "customer.email", "buyer.mail"
        ),
        (
            "stripe/payment_intent.succeeded", #""order_id": "ord_10472""#, #""order": { "id": "ord_10472" }"#,
            "order.id", "metadata.order.id"
        ),
        ("stripe/invoice.paid", #""customer_email":"#, #""customerEmail":"#, "customer.email", "customerEmail"),
    ]) func `a field that was renamed or moved is found again`(
        _ name: String, _ old: String, _ new: String, _ target: String, _ path: String
    ) throws {
        let before = try Self.body(name)
        let after = before.replacing(old, with: new)
        try #require(after != before)
        let findings = try Self.checkup(name, [after, after, after, after, before, before, before]).findings
        let finding = try #require(findings.first { $0.target == target }, "\(findings.map(\.target))")
        #expect(finding.candidates.first?.path == path, "\(finding.candidates)")
        #expect(finding.missing == 4 && finding.deliveries == 7 && finding.lastSeen == 996_000)
        #expect(finding.candidates.first?.sample.isEmpty == false)
        // Nobody remembers a time before the change: the name alone must do.
        if finding.candidates.first?.reason != .sameForm {
            let fresh = try Self.checkup(name, [after, after]).findings
            #expect(fresh.first { $0.target == target }?.candidates.first?.path == path)
        }
    }

    @Test func `a required field that nothing is like is named all the same`() throws {
        let body = try Self.body("stripe/payment_intent.succeeded")
        let without = body.replacing(#""amount_received":"#, with: #""q":"#).replacing(#""amount":"#, with: #""z":"#)
            .replacing(#""amount_capturable":"#, with: #""y":"#)
        let finding = try #require(
            try Self.checkup("stripe/payment_intent.succeeded", [without]).findings.first { $0.target == "amount" })
        #expect(finding.isRequired && finding.paths == ["amount_received"] && finding.lastSeen == nil)
        #expect(!finding.candidates.contains { $0.reason != .similarName }, "\(finding.candidates)")
    }

    @Test func `a field that comes and goes is no finding, nor one missing from a delivery or two`() throws {
        let with = try Self.body("stripe/payment_intent.succeeded")
        let without = with.replacing(#""order_id": "ord_10472""#, with: #""other": "1""#)
        for bodies in [
            [without, without, with, with, with], [without, without, without, with, without, without, with, without],
        ] {
            #expect(
                try Self.checkup("stripe/payment_intent.succeeded", bodies).findings.filter { $0.target == "order.id" }
                    == [])
        }
    }

    @Test func `fields of a list's elements are looked for in its elements`() throws {
        let rules = """
            [{ match: "t", type: "order.created", fields: {
              items: { each: "lines[*]", fields: { sku: "sku", quantity: { from: "quantity", required: true } } },
            } }]
            """
        let mapper = Mapper(provider: "shop", rules: try MappingRules(json5: rules, named: "shop"))
        var checkup = MappingCheckup(mapper)
        for line in [#"{"sku":"a","cost":1,"Quantity":2}"#, #"{"sku":"a","Quantity":2}"#] {
            var document = JSONDocument()
            try document.read(Array(#"{"quantity_total":9,"lines":[\#(line)]}"#.utf8)[...])
            checkup.add(ProviderEvent(key: "k", type: "t", payload: .root), in: document, receivedAt: 1)
        }
        let finding = try #require(checkup.findings.first)
        #expect(finding.list == "lines[*]")
        #expect(finding.paths == ["quantity"] && finding.candidates.first?.path == "Quantity")
    }
}

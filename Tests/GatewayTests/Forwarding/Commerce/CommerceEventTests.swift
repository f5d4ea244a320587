import Testing

@testable import WebhookGateway

struct CommerceEventTests {
    private let money = #"{"amount":{"minor":1999,"currency":"JPY","decimal":"1999"}}"#

    @Test(arguments: [("payment.succeeded", "order.completed"), ("refund.created", "order.refunded"), ("a.b", "a.b")])
    func `a sale is a sale only with an amount`(_ type: String, _ mapped: String) throws {
        #expect(CommerceEvent(try .sample(type: type, data: money), CommerceSettings()).mappedType == mapped)
        #expect(CommerceEvent(try .sample(type: type, data: "{}"), CommerceSettings()).mappedType == type)
    }

    @Test(arguments: [
        ("19.99", "19.99"), ("1999", "1999"), ("12.340", "12.340"), ("-0.50", "-0.50"), ("007", "7"), ("1e3", nil),
        ("NaN", nil), ("", nil), ("9007199254740993.01", "9007199254740993.01"),
    ])
    func `amounts keep their digits`(_ text: String, _ number: String?) {
        #expect(EventText.number(text) == number)
    }

    @Test(arguments: [
        ("order.completed", "Order Completed", "OrderCompleted", "order_completed"),
        ("quickbooks.Vendor.Update", "Quickbooks Vendor Update", "QuickbooksVendorUpdate", "quickbooks_vendor_update"),
        (
            "subscription.trial_ending", "Subscription Trial Ending", "SubscriptionTrialEnding",
            "subscription_trial_ending"
        ),
        ("stripe.v2.core-event", "Stripe V2 Core Event", "StripeV2CoreEvent", "stripe_v2_core_event"),
    ])
    func `types become names`(_ type: String, _ title: String, _ pascal: String, _ snake: String) {
        #expect(EventName.titleCase(type) == title)
        #expect(EventName.pascalCase(type) == pascal)
        #expect(EventName.snakeCase(type) == snake)
    }

    /// RFC 9562, appendix A.4.
    @Test func `a UUID is made as RFC 9562 has it`() {
        let dns: [UInt8] = [
            0x6B, 0xA7, 0xB8, 0x10, 0x9D, 0xAD, 0x11, 0xD1, 0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8,
        ]
        #expect(UUIDv5.text(of: Array("www.example.com".utf8), in: dns) == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
        #expect(UUIDv5.text(of: "a") != UUIDv5.text(of: "b"))
    }

    @Test func `a name has one part or two`() {
        #expect(PersonName("Ada")?.last == nil)
        #expect(PersonName(" Ada  King Lovelace ") == PersonName("Ada King Lovelace"))
        #expect(PersonName("Ada King Lovelace")?.first == "Ada King")
        #expect(PersonName("  ") == nil)
    }

    @Test func `an event that no rule fits is refused with the reason`() throws {
        let configuration = DestinationConfiguration.sample("mixpanel") {
            $0.settings["mapping"] = .array([.object(["match": .text("order.completed"), "fields": .object([:])])])
        }
        let mapping = try DestinationMapping(bundled: CommerceMapping.rules, configuration)
        #expect(
            try mapping.map(CommerceEvent(try .sample(data: money), CommerceSettings())).properties == Array("{}".utf8))
        let other = CommerceEvent(try .sample(type: "a.b", data: money), CommerceSettings())
        #expect { try mapping.map(other) } throws: { error in
            (error as? RefusedEvent)?.category == .configuration
        }
    }

    @Test func `a mapping that cannot be read is named`() {
        let configuration = DestinationConfiguration.sample("mixpanel") {
            $0.credentials["projectToken"] = Secret(literal: "t")
            $0.settings["mapping"] = .array([.object(["match": .text("*"), "feilds": .object([:])])])
        }
        let problem = DestinationCatalog.problems(of: configuration).first
        #expect(problem?.key.hasPrefix("settings.mapping[0]") == true)
        #expect(problem?.reason.contains("fields") == true)
    }
}

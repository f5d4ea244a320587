import Testing
import Verifiers

@Suite struct StripeTests {
    /// The vector of the providers' reference (§20), computed with Stripe's own algorithm.
    private let secret = "whsec_test_secret"
    private let body = #"{"id":"evt_test","object":"event"}"#
    private let right = "8042376f6ca064adbe037642a718227dfd59047137eb49497a54c49eb0cfb724"

    private func outcome(
        _ header: String?, tolerance: Int64 = 300, at now: Int64 = 1_700_000_000, secrets: [String]? = nil
    ) throws -> Result<Int, VerificationFailure> {
        var settings = ProviderSettings.make(tolerance: tolerance)
        settings.secrets = (secrets ?? [secret]).map { Array($0.utf8) }
        let headers = header.map { [("STRIPE-signature", $0)] } ?? []
        return try Stripe(settings).outcome(.make(body: body, headers: headers, at: now))
    }

    @Test func `the reference vector is accepted`() throws {
        #expect(try outcome("t=1700000000,v1=\(right)") == .success(1))
    }

    @Test func `accepted in any order, case, with other schemes and spaces around`() throws {
        let wrong = String(repeating: "0", count: 64)
        for header in [
            "v1=\(right),t=1700000000", "t=1700000000,v1=\(right.uppercased())",
            "t=1700000000,v1=\(wrong),v1=\(right),v0=\(wrong)",
            "t=1700000000, v1=\(right)", "t=1700000000,v1=abc,v1=\(right)", "t=1700000000,,v1=\(right),",
            "x,y=,t=1700000000,v1=\(right)",
            "t=1700000000,v1=\(right),t=5",
        ] {
            #expect(try outcome(header) == .success(1), "\(header)")
        }
    }

    @Test func `the matching secret is told`() throws {
        #expect(try outcome("t=1700000000,v1=\(right)", secrets: ["a", "b", secret]) == .success(3))
    }

    @Test(
        arguments: [
            (nil, VerificationFailure.missing), ("", .missing), ("t=1700000000", .missing),
            ("t=1700000000,v0=RIGHT", .missing),
            ("v1=RIGHT", .malformed), ("RIGHT", .malformed), ("t=,v1=RIGHT", .malformed),
            ("t=1700000000x,v1=RIGHT", .malformed),
            ("t=-1700000000,v1=RIGHT", .malformed), ("t=+1700000000,v1=RIGHT", .malformed),
            ("t=1700000000.0,v1=RIGHT", .malformed),
            ("t= 1700000000,v1=RIGHT", .malformed), ("t=99999999999999999999,v1=RIGHT", .malformed),
            ("t=9999999999999999999,v1=RIGHT", .malformed), ("t=1700000000,v1=", .malformed),
            ("t=1700000000,v1=RIGHT00", .malformed),
            ("t=1700000000,v1=gg", .malformed), ("t=1700000001,v1=RIGHT", .mismatch),
            ("t=01700000000,v1=RIGHT", .mismatch),
            ("t=5,t=1700000000,v1=RIGHT", .mismatch), ("T=1700000000,v1=RIGHT", .malformed),
            ("t=1700000000,V1=RIGHT", .missing),
        ] as [(String?, VerificationFailure)])
    func `anything else is refused for the right reason`(header: String?, failure: VerificationFailure) throws {
        let header = header.map {
            $0.split(separator: "RIGHT", omittingEmptySubsequences: false).joined(separator: right)
        }
        #expect(try outcome(header) == .failure(failure))
    }

    @Test func `age is judged to the second, after the signature, and never the future`() throws {
        let header = "t=1700000000,v1=\(right)"
        #expect(try outcome(header, at: 1_700_000_300) == .success(1))
        #expect(try outcome(header, at: 1_700_000_301) == .failure(.expired))
        #expect(try outcome(header, at: 1_600_000_000) == .success(1))
        #expect(try outcome(header, tolerance: 0, at: 1_900_000_000) == .success(1))
        #expect(try outcome(header, at: .min) == .success(1))
        #expect(try outcome(header, at: .max) == .failure(.expired))
        let wrong = "t=1700000000,v1=\(String(repeating: "0", count: 64))"
        #expect(try outcome(wrong, at: 1_900_000_000) == .failure(.mismatch))
    }

    @Test func `sixteen signatures are tried and no more`() throws {
        let wrong = ",v1=" + String(repeating: "0", count: 64)
        #expect(try outcome("t=1700000000" + String(repeating: wrong, count: 15) + ",v1=\(right)") == .success(1))
        #expect(
            try outcome("t=1700000000" + String(repeating: wrong, count: 16) + ",v1=\(right)") == .failure(.mismatch))
        #expect(
            try outcome("t=1700000000" + String(repeating: wrong, count: 10_000) + ",v1=\(right)")
                == .failure(.malformed))
    }

    @Test(arguments: [
        (ProviderSettings.make(), "secrets"), (.make(""), "secrets[0]"), (.make("a", ""), "secrets[1]"),
        (.make("a", tolerance: -1), "toleranceSeconds"),
    ])
    func `settings that cannot work are refused`(settings: ProviderSettings, key: String) {
        let error = #expect(throws: InvalidSettings.self) { _ = try Stripe(settings) }
        #expect(error?.key == key)
    }

    @Test func `a snapshot event is read`() throws {
        let body = """
            {"object":"event","id":"evt_1","type":"payment_intent.succeeded","created":1700000000,"account":"acct_1",
             "data":{"object":{"id":"pi_1","amount":1999}}}
            """
        let events = try Stripe(.make(secret)).events(body)
        #expect(
            events == [
                ProviderEvent(
                    key: "evt_1", type: "payment_intent.succeeded", time: Timestamp(seconds: 1_700_000_000),
                    subject: "pi_1",
                    account: "acct_1", payload: .root)
            ])
    }

    @Test func `a thin event of API v2 is read`() throws {
        let body = """
            {"object":"v2.core.event","id":"evt_2","type":"v1.billing.meter.error_report_triggered",
             "created":"2026-11-21T08:41:00.250Z","related_object":{"id":"mtr_1","type":"billing.meter","url":"/x"}}
            """
        let events = try Stripe(.make(secret)).events(body)
        #expect(events.first?.subject == "mtr_1")
        #expect(events.first?.time == Timestamp(seconds: 1_795_250_460, nanoseconds: 250_000_000))
        #expect(events.first?.account == nil)
    }

    @Test func `an event without object or time is still an event`() throws {
        let events = try Stripe(.make(secret)).events(
            #"{"id":"evt_3","type":"balance.available","created":1.5,"data":{"object":{}}}"#)
        #expect(events == [ProviderEvent(key: "evt_3", type: "balance.available", payload: .root)])
    }

    @Test(arguments: [
        ("", "not JSON"), ("{", "not JSON"), ("[]", "not a JSON object"), ("{}", "'id' is missing"),
        (#"{"id":null}"#, "'id' is missing"),
        (#"{"id":"","type":"x"}"#, "'id' is empty"), (#"{"id":"e"}"#, "'type' is missing"),
        (#"{"id":"e","type":[]}"#, "'type' is neither"),
    ])
    func `a body without what an event needs is malformed, and the field is named`(body: String, reason: String) throws
    {
        let malformation = try #require(try Stripe(.make(secret)).malformation(body))
        #expect(malformation.contains(reason))
    }

    @Test func `a sample looks as Stripe sends it`() throws {
        var sample = Sample(
            target: "/webhooks/stripe", headers: [("content-type", "x")], body: Array(body.utf8), now: 1_700_000_000)
        try Stripe(.make(secret, "other")).sign(&sample)
        #expect(sample.headers.first { $0.name == "Stripe-Signature" }?.value == "t=1700000000,v1=\(right)")
        #expect(
            sample.headers.filter { $0.name.lowercased() == "content-type" }.map(\.value) == [
                "application/json; charset=utf-8"
            ])
        #expect(
            sample.headers.first { $0.name == "User-Agent" }?.value == "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
    }
}

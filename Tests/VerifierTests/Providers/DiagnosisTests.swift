import Testing
import Verifiers

/// Each usual mistake is made for real and must be named.
@Suite struct DiagnosisTests {
    private static let url = "https://hooks.example.com/webhooks/square"
    private let body = "{\n  \"id\": \"evt_1\",\n  \"url\": \"https://x/é\",\n  \"list\": [\n    1,\n    {}\n  ]\n}"

    /// What `explain` says about a delivery whose sender is set up as `theirs` and whose body `alter` changed.
    private func hint(
        _ type: any NativeProvider.Type, ours: ProviderSettings, theirs: ProviderSettings? = nil, body: String? = nil,
        others: [Diagnosis.Source] = [], at later: Int64 = 0, alter: (inout Sample) -> Void = { _ in }
    ) throws -> String {
        var sample = Sample(target: "/webhooks/x", body: Array((body ?? self.body).utf8), now: 1_700_000_000)
        try type.init(theirs ?? ours).sign(&sample)
        alter(&sample)
        let provider = try type.init(ours)
        let delivery = Delivery(sample, peer: "198.51.100.1", at: sample.now + later)
        guard case .failure(let failure) = provider.outcome(delivery) else {
            Issue.record("the delivery is accepted")
            return ""
        }
        let hint = Diagnosis.explain(failure, of: delivery, by: provider, others: others)
        for secret in ours.secrets + (theirs?.secrets ?? []) {
            let text = String(decoding: secret, as: UTF8.self)
            #expect(text.utf8.count < 4 || !hint.contains(text), "the hint reveals a secret")
        }
        return hint
    }

    private func hint(stripeHeader header: String, body: String = "{}") throws -> String {
        try hint(Stripe.self, ours: .make("whsec_abcd"), body: body) { $0.headers = [("Stripe-Signature", header)] }
    }

    /// The code of a text under the Stripe secret, for headers put together by hand.
    private func code(_ text: String) throws -> String {
        try #require(HMACKey(Array("whsec_abcd".utf8))).code(of: Array(text.utf8)[...]).hex
    }

    @Test(arguments: [
        ("{\"id\":\"evt_1\",\"url\":\"https://x/é\",\"list\":[1,{}]}", "as minified JSON"),
        ("{\"id\": \"evt_1\", \"url\": \"https://x/é\", \"list\": [1, {}]}", "Python's"),
        (
            "{\n    \"id\": \"evt_1\",\n    \"url\": \"https://x/é\",\n    \"list\": [\n        1,\n        {}\n    ]\n}",
            "4 spaces"
        ),
        ("{\"id\":\"evt_1\",\"url\":\"https:\\/\\/x\\/\\u00e9\",\"list\":[1,{}]}", "PHP's"),
        ("{\"id\":\"evt_1\",\"url\":\"https://x/\\u00e9\",\"list\":[1,{}]}", "uXXXX"),
    ])
    func `a body in another JSON layout than was signed is recognised`(signed: String, expected: String) throws {
        for type in [Stripe.self, Square.self, QuickBooks.self] as [any NativeProvider.Type] {
            let hint = try hint(type, ours: .make("whsec_abcd", url: Self.url), body: signed) {
                $0.body = Array(body.utf8)
            }
            #expect(hint.contains("body was altered"), "\(type.name)")
            #expect(hint.contains(expected), "\(type.name): \(hint)")
        }
    }

    @Test func `a pretty body that was minified on the way is recognised`() throws {
        let hint = try hint(Stripe.self, ours: .make("whsec_abcd")) {
            $0.body = Array("{\"id\":\"evt_1\",\"url\":\"https://x/é\",\"list\":[1,{}]}".utf8)
        }
        #expect(hint.contains("pretty-printed JSON (2 spaces)"))
    }

    @Test func `changed line ends, byte order marks and charsets are recognised`() throws {
        let settings = ProviderSettings.make("whsec_abcd")
        func hint(_ alter: (inout [UInt8]) -> Void) throws -> String {
            try self.hint(QuickBooks.self, ours: settings) { alter(&$0.body) }
        }
        #expect(try hint { $0.append(0x0A) }.contains("without the line end"))
        #expect(try hint { $0 = $0.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }.contains("CR LF turned into LF"))
        #expect(try hint { $0 = [0xEF, 0xBB, 0xBF] + $0 }.contains("without the UTF-8 byte order mark"))
        #expect(
            try hint { $0 = $0.flatMap { [0xC3, 0xA9].contains($0) ? Array(String(Unicode.Scalar($0)).utf8) : [$0] } }
                .contains("now UTF-8"))
        #expect(
            try hint { $0 = $0.compactMap { $0 == 0xC3 ? nil : $0 == 0xA9 ? 0xE9 : $0 } }.contains("now ISO 8859-1"))
        #expect(try hint { $0 = Base64.encode($0[...]) }.contains("base64-encoded"))
        #expect(
            try self.hint(QuickBooks.self, ours: settings, body: body + "\n") { $0.body = Array(body.utf8) }.contains(
                "line feed at its end"))
        #expect(
            try self.hint(QuickBooks.self, ours: settings, body: "") { $0.body = Array(body.utf8) }.contains(
                "when it is empty"))
    }

    @Test(arguments: [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "without its prefix"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "with the prefix"),
        ("sesame-9\n", "sesame-9", "without the white space"), ("sesame-9", "sesame-9\n", "line feed"),
        ("c2VzYW1lLTk=", "sesame-9", "base64-decoded:"),
        ("whsec_c2VzYW1lLTk=", "sesame-9", "as Svix does"), ("736573616d652d39", "sesame-9", "hex-decoded"),
        ("sesame-9", "c2VzYW1lLTk=", "in base64"),
    ])
    func `another form of the secret is recognised`(ours: String, theirs: String, expected: String) throws {
        let hint = try hint(Stripe.self, ours: .make("unrelated", ours), theirs: .make(theirs))
        #expect(hint.contains("secret 2") && hint.contains(expected), "\(hint)")
    }

    @Test func `the secret of another source is named, also of another provider`() throws {
        let eu = try Stripe(.make("whsec_eu"))
        let square = try Square(.make("sq_key", url: Self.url))
        let list = try Mailchimp(.make(allowed: ["198.51.100.0/24"]))
        let others: [Diagnosis.Source] = [("newsletter", list), ("shop-square", square), ("shop-eu", eu)]
        let hint = try hint(Stripe.self, ours: .make("whsec_us"), theirs: .make("whsec_eu"), others: others)
        #expect(hint.contains("verifies with the secret of source 'shop-eu'"))
        let old = try self.hint(
            Stripe.self, ours: .make("whsec_us"), theirs: .make("whsec_eu"), others: others, at: 9999)
        #expect(old.contains("source 'shop-eu'"))
        var sample = Sample(target: "/webhooks/stripe", body: Array(body.utf8), now: 1_700_000_000)
        square.sign(&sample)
        let delivery = Delivery(sample, peer: "198.51.100.1")
        let cross = Diagnosis.explain(.missing, of: delivery, by: try Stripe(.make("whsec_us")), others: others)
        #expect(cross.contains("a square delivery") && cross.contains("'shop-square'"))
        let alone = Diagnosis.explain(.missing, of: delivery, by: try Stripe(.make("whsec_us")), others: [])
        #expect(alone.contains("Stripe-Signature is missing") && alone.contains("from Square"))
    }

    @Test func `a clock that is off is told in seconds`() throws {
        let hint = try hint(Stripe.self, ours: .make("whsec_abcd"), at: 412)
        #expect(hint.contains("412 s old") && hint.contains("112 s older than the tolerance of 300 s"))
    }

    @Test func `what is wrong with a Stripe header is told`() throws {
        let right = try code("1700000000.{}")
        let base64 = String(
            decoding: Base64.encode(try #require(Hex.decode(Array(right.utf8)[...]))[...]), as: UTF8.self)
        #expect(try hint(stripeHeader: "t=1700000000,v0=\(right)").contains("only the fake 'v0'"))
        #expect(try hint(stripeHeader: "t=1700000000").contains("no v1"))
        #expect(try hint(stripeHeader: "").contains("empty"))
        #expect(try hint(stripeHeader: right).contains("bare signature"))
        #expect(try hint(stripeHeader: "v1=\(right)").contains("no timestamp"))
        #expect(try hint(stripeHeader: "t=now,v1=\(right)").contains("not a number"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(base64)").contains("base64 where hex"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=sha256=\(right)").contains("sha256="))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(right.prefix(40))").contains("HMAC-SHA1"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(right)00").contains("33 bytes"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=zz").contains("another alphabet"))
        let wrong = String(repeating: "0", count: 64)
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(wrong),v0=\(right)").contains("'v0' is right"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(wrong)").contains("no configured secret"))
        #expect(try hint(stripeHeader: "t=1700000000000,v1=\(wrong)").contains("milliseconds"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(code("{}"))").contains("body alone"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(code("1700000000{}"))").contains("without the '.'"))
        #expect(try hint(stripeHeader: "t=1700000000,v1=\(code("1700000000000.{}"))").contains("in milliseconds"))
        #expect(try hint(stripeHeader: "t=1700000000000,v1=\(right)").contains("header has milliseconds"))
        let long = String(repeating: "v1=0,", count: 1000)
        #expect(try hint(stripeHeader: long).contains("longer than 4096"))
    }

    @Test(arguments: [
        ("http://hooks.example.com/webhooks/square", "'http://hooks.example.com/webhooks/square'"),
        ("https://hooks.example.com/webhooks/square/", "webhooks/square/'"),
        ("https://hooks.example.com:443/webhooks/square", ":443/"),
        ("https://HOOKS.example.com/webhooks/square", "wrong notification URL"),
        ("http://hooks.example.com/webhooks/square/", "square/'"),
        ("https://hooks.example.com/webhooks/square?v=SECRET", "?…'"),
        ("https://other.example/webhooks/x", "https://other.example/webhooks/x"),
    ])
    func `a wrong notification URL of Square is recognised`(theirs: String, expected: String) throws {
        let ours = theirs.hasPrefix("https://HOOKS") ? theirs : Self.url
        let signed = theirs.hasPrefix("https://HOOKS") ? Self.url : theirs
        let configured = theirs.contains("?") ? theirs : ours
        let registered = theirs.contains("?") ? Self.url + "/?v=SECRET" : signed
        let hint = try hint(
            Square.self, ours: .make("sq_key", url: configured), theirs: .make("sq_key", url: registered)
        ) {
            $0.headers.append(("Host", "other.example"))
        }
        #expect(hint.contains("wrong notification URL") && hint.contains(expected), "\(hint)")
        #expect(!hint.contains("SECRET"))
    }

    @Test func `what else is wrong with a Square or QuickBooks delivery is told`() throws {
        let settings = ProviderSettings.make("whsec_abcd", url: Self.url)
        let names = ["square": "x-square-hmacsha256-signature", "quickbooks": "intuit-signature"]
        for type in [Square.self, QuickBooks.self] as [any NativeProvider.Type] {
            func hint(_ change: (String) -> String) throws -> String {
                try self.hint(type, ours: settings) { sample in
                    for index in sample.headers.indices where sample.headers[index].name == names[type.name] {
                        sample.headers[index].value = change(sample.headers[index].value)
                    }
                }
            }
            func hex(_ text: String) -> String {
                String(decoding: Hex.encode((Base64.decode(Array(text.utf8)[...]) ?? [])[...]), as: UTF8.self)
            }
            #expect(try hint(hex).contains("hex where base64"))
            #expect(try hint { _ in "" }.contains("empty"))
            #expect(try hint { _ in "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }.contains("HMAC-SHA1"))
            #expect(try hint { _ in String(repeating: "A", count: 43) + "=" }.contains("no configured"))
            #expect(try hint { _ in String(repeating: "_", count: 42) + "8=" }.contains("URL-safe"))
        }
        let bodyAlone = try hint(Square.self, ours: settings) { sample in
            sample.headers = []
            do {
                try QuickBooks(settings).sign(&sample)
            } catch {
                Issue.record(error)
            }
            sample.headers = sample.headers.map {
                $0.name == "intuit-signature" ? (names["square"] ?? "", $0.value) : $0
            }
        }
        #expect(bodyAlone.contains("no URL at all"))
        let legacy = try hint(Square.self, ours: settings) { $0.headers = [("X-Square-Signature", "AAAA")] }
        #expect(legacy.contains("deprecated x-square-signature"))
    }

    @Test func `what is wrong with a Mailchimp delivery is told`() throws {
        func hint(_ target: String, _ settings: ProviderSettings = .make("one more")) throws -> String {
            try self.hint(Mailchimp.self, ours: settings) { $0.target = target }
        }
        #expect(try hint("/w").contains("secret is missing in the URL"))
        #expect(try hint("/w?key=one%20more").contains("under the parameter 'key'"))
        #expect(try hint("/w?secret=x&secret=one%20more").contains("more than once"))
        #expect(try hint("/w?secret=one%2520more").contains("percent-encoded twice"))
        #expect(try hint("/w?secret=one%20more%20").contains("white space"))
        #expect(try hint("/w?secret=one%20more/").contains("followed by a slash"))
        #expect(try hint("/w?secret=").contains("is empty"))
        #expect(try hint("/w?secret=x").contains("none of those configured"))
        #expect(try hint("/w?secret=x", .make("x", allowed: [])).contains("empty list"))
        #expect(
            try hint("/w?secret=x", .make("x", allowed: ["192.0.2.0/24"])).contains(
                "198.51.100.1 is not in allowedAddresses"))
        let mailchimp = try Mailchimp(.make("x", allowed: ["192.0.2.0/24"]))
        #expect(mailchimp.explain(.addressNotAllowed, of: .make(target: "/w")).contains("--from"))
    }

    @Test func `every failure has an explanation for every provider`() throws {
        for provider in ProviderCase.all {
            for failure in VerificationFailure.allCases {
                #expect(try !provider.provider().explain(failure, of: .make()).isEmpty)
            }
        }
    }
}

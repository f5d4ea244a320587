import Testing
import Verifiers

@Suite struct MailchimpTests {
    private func outcome(
        _ settings: ProviderSettings, _ target: String, suffix: String = "", peer: String? = "192.0.2.9"
    ) throws -> Result<Int, VerificationFailure> {
        try Mailchimp(settings).outcome(.make(target: target, pathSuffix: suffix, peer: peer))
    }

    @Test func `the secret is taken from query or path, percent-decoded`() throws {
        let settings = ProviderSettings.make("one", "two+/ é")
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=one") == .success(1))
        #expect(try outcome(settings, "/webhooks/mailchimp?x=1&secret=two%2B%2F%20%C3%A9") == .success(2))
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=two%2B/+%C3%A9") == .success(2))
        #expect(try outcome(settings, "/webhooks/mailchimp/one", suffix: "one") == .success(1))
        #expect(try outcome(settings, "/w", suffix: "two+%2F%20%c3%a9") == .success(2))
        #expect(try outcome(.make("a+b"), "/w?secret=a+b") == .success(1))
    }

    @Test func `a wrong or missing secret is refused`() throws {
        let settings = ProviderSettings.make("one")
        #expect(try outcome(settings, "/webhooks/mailchimp") == .failure(.missing))
        #expect(try outcome(settings, "/webhooks/mailchimp?Secret=one") == .failure(.missing))
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=") == .failure(.mismatch))
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=on") == .failure(.mismatch))
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=onee") == .failure(.mismatch))
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=two&secret=one") == .failure(.mismatch))
        #expect(try outcome(settings, "/webhooks/mailchimp?secret=two", suffix: "one") == .failure(.mismatch))
        #expect(try outcome(settings, "/w#?secret=one", suffix: "") == .success(1))
    }

    @Test func `the parameter's name is configurable`() throws {
        var settings = ProviderSettings.make("one")
        settings.secretParameter = "k"
        #expect(try outcome(settings, "/w?k=one") == .success(1))
        #expect(try outcome(settings, "/w?secret=one") == .failure(.missing))
    }

    @Test func `addresses and secret must both hold when both are configured`() throws {
        let settings = ProviderSettings.make("one", allowed: ["192.0.2.0/24", "2001:db8::/32"])
        #expect(try outcome(settings, "/w?secret=one") == .success(1))
        #expect(try outcome(settings, "/w?secret=one", peer: "2001:db8::5") == .success(1))
        #expect(try outcome(settings, "/w?secret=one", peer: "::ffff:192.0.2.1") == .success(1))
        #expect(try outcome(settings, "/w?secret=one", peer: "198.51.100.1") == .failure(.addressNotAllowed))
        #expect(try outcome(settings, "/w?secret=one", peer: nil) == .failure(.addressNotAllowed))
        #expect(try outcome(settings, "/w?secret=two") == .failure(.mismatch))
        #expect(try outcome(settings, "/w") == .failure(.missing))
    }

    @Test func `addresses alone suffice, and an empty list allows nobody`() throws {
        #expect(try outcome(.make(allowed: ["192.0.2.9"]), "/w") == .success(0))
        #expect(try outcome(.make(allowed: ["192.0.2.9"]), "/w", peer: "192.0.2.8") == .failure(.addressNotAllowed))
        #expect(try outcome(.make("one", allowed: []), "/w?secret=one") == .failure(.addressNotAllowed))
        #expect(try outcome(.make(allowed: []), "/w") == .failure(.addressNotAllowed))
    }

    @Test(arguments: [ProviderSettings.make(), .make(""), .make("", allowed: ["192.0.2.0/24"])])
    func `settings that would accept everyone are refused`(settings: ProviderSettings) {
        let error = #expect(throws: InvalidSettings.self) { _ = try Mailchimp(settings) }
        #expect(error?.key.hasPrefix("secrets") == true)
    }

    @Test func `the validator's GET and HEAD are answered unless the secret is wrong`() throws {
        let mailchimp = try Mailchimp(.make("one", allowed: []))
        func status(_ method: String, _ target: String, suffix: String = "") -> Int? {
            mailchimp.handshake(.make(method: method, target: target, pathSuffix: suffix))?.status
        }
        #expect(status("GET", "/w?secret=one") == 200)
        #expect(status("HEAD", "/w?secret=one") == 200)
        #expect(status("GET", "/w") == 200)
        #expect(status("GET", "/w", suffix: "one") == 200)
        #expect(status("GET", "/w?secret=two") == 401)
        #expect(status("HEAD", "/w", suffix: "two") == 401)
        #expect(status("POST", "/w?secret=one") == nil)
        #expect(status("PUT", "/w?secret=one") == nil)
        #expect(mailchimp.handshake(.make(method: "HEAD", target: "/w"))?.body.isEmpty == true)
    }

    @Test func `a subscription becomes JSON and one event`() throws {
        let body =
            "type=subscribe&fired_at=2009-03-26+21%3A35%3A57&data%5Bid%5D=8a25ff1d98&data[list_id]=a6b5da1054"
            + "&data%5Bemail%5D=api%40mailchimp.com&data[merges][FNAME]=Zo%C3%AB&data[merges][GROUPINGS][0][name]=x"
        var document = JSONDocument()
        let events = try Mailchimp(.make("s")).events(in: .make(body: body), document: &document)
        let event = try #require(events.first)
        #expect(events.count == 1)
        #expect(event.type == "subscribe")
        #expect(event.time == Timestamp(seconds: 1_238_103_357))
        #expect(event.subject == "8a25ff1d98")
        #expect(event.account == "a6b5da1054")
        #expect(
            String(decoding: document.text(of: event.payload), as: UTF8.self)
                == #"{"type":"subscribe","fired_at":"2009-03-26 21:35:57","data":{"id":"8a25ff1d98","list_id":"a6b5da1054","#
                + #""email":"api@mailchimp.com","merges":{"FNAME":"Zoë","GROUPINGS":[{"name":"x"}]}}}"#)
    }

    @Test(
        arguments: [
            ("type=upemail&data[new_id]=n&data[new_email]=e&data[old_email]=o", "n"),
            ("type=cleaned&data[email]=a%40b.c", "a@b.c"),
            ("type=campaign&data[id]=c", "c"), ("type=unsubscribe&data[id]=u&data[email]=x", "u"),
            ("type=profile", nil),
        ] as [(String, String?)])
    func `the subject is the table's`(body: String, subject: String?) throws {
        #expect(try Mailchimp(.make("s")).events(body).first?.subject == subject)
    }

    @Test func `the key depends on every decoded field and on nothing else`() throws {
        func key(_ body: String) throws -> String? { try Mailchimp(.make("s")).events(body).first?.key }
        let first = try key("type=profile&data[id]=1&data[merges][A]=x+y")
        #expect(first?.count == 64)
        #expect(try key("data%5Bmerges%5D%5BA%5D=x%20y&type=profile&data%5Bid%5D=1") == first)
        #expect(try key("type=profile&data[id]=1&data[merges][A]=x+z") != first)
        #expect(try key("type=profile&data[id]=1&data[merges][B]=x+y") != first)
    }

    @Test(arguments: [
        ("", "'type' is missing"), ("type=", "'type' is empty"), ("type[a]=1", "'type' is neither"),
        ("a=%FF", "not UTF-8"),
    ])
    func `a body without a type is malformed`(body: String, reason: String) throws {
        let malformation = try #require(try Mailchimp(.make("s")).malformation(body))
        #expect(malformation.contains(reason))
    }

    @Test func `signing puts the secret into the URL once, encoded, and keeps the rest`() throws {
        var sample = Sample(target: "/webhooks/mailchimp?a=1&secret=old", body: [], now: 0)
        try Mailchimp(.make("p q&r")).sign(&sample)
        #expect(sample.target == "/webhooks/mailchimp?a=1&secret=p%20q%26r")
    }
}

import Testing
import Verifiers

/// What every provider of the catalog must do.
@Suite struct ProviderConformanceTests {
    @Test func `every provider of the catalog is covered here, found by its name and has rules`() {
        #expect(ProviderCase.all.map { $0.type.name } == ProviderCatalog.all.map { $0.name })
        for type in ProviderCatalog.all {
            #expect(ProviderCatalog.named(type.name).map { $0 == type } == true)
            #expect(!type.mapping.isEmpty)
        }
        #expect(ProviderCatalog.named("nobody") == nil)
    }

    @Test(arguments: ProviderCase.all)
    func `what it signs it verifies, with the first secret`(provider: ProviderCase) throws {
        let sample = try provider.signed()
        #expect(try provider.provider().outcome(Delivery(sample)) == .success(1))
    }

    @Test(arguments: ProviderCase.all)
    func `what the second of two secrets signs is told as the second`(provider: ProviderCase) throws {
        var settings = provider.settings
        settings.secrets = [Array("another".utf8), provider.settings.secrets[0]]
        #expect(try provider.type.init(settings).outcome(Delivery(provider.signed())) == .success(2))
    }

    @Test(arguments: ProviderCase.all)
    func `another secret does not verify`(provider: ProviderCase) throws {
        var settings = provider.settings
        settings.secrets = [Array("another".utf8)]
        #expect(try provider.type.init(settings).outcome(Delivery(provider.signed())) == .failure(.mismatch))
    }

    @Test(arguments: ProviderCase.all.filter { $0.type.name != "mailchimp" })
    func `no byte of the body can be changed, added or taken away`(provider: ProviderCase) throws {
        let verifier = try provider.provider()
        let sample = try provider.signed()
        for index in sample.body.indices {
            var changed = sample
            changed.body[index] ^= 1
            #expect(verifier.outcome(Delivery(changed)) == .failure(.mismatch))
            changed = sample
            changed.body.remove(at: index)
            #expect(verifier.outcome(Delivery(changed)) == .failure(.mismatch))
            changed = sample
            changed.body.insert(UInt8(ascii: " "), at: index)
            #expect(verifier.outcome(Delivery(changed)) == .failure(.mismatch))
        }
    }

    @Test(arguments: ProviderCase.all.filter { $0.type.name != "mailchimp" })
    func `no byte of what proves it can be changed`(provider: ProviderCase) throws {
        let verifier = try provider.provider()
        let sample = try provider.signed()
        let signatures = ["Stripe-Signature", "x-square-hmacsha256-signature", "intuit-signature"]
        let accepted = sample.headers.indices.filter { signatures.contains(sample.headers[$0].name) }.flatMap {
            header in
            sample.headers[header].value.utf8.indices.filter { index in
                var changed = sample
                var value = Array(changed.headers[header].value.utf8)
                let place = changed.headers[header].value.utf8.distance(
                    from: changed.headers[header].value.startIndex, to: index)
                value[place] = value[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
                changed.headers[header].value = String(decoding: value, as: UTF8.self)
                return (try? verifier.verify(Delivery(changed))) != nil
            }
        }
        #expect(sample.headers.contains { signatures.contains($0.name) })
        #expect(accepted.isEmpty)
    }

    @Test(arguments: ProviderCase.all)
    func `a slice of a larger buffer is read as well as a body of its own`(provider: ProviderCase) throws {
        let sample = try provider.signed()
        var delivery = Delivery(sample)
        let padding = Array("padding".utf8)
        delivery.body = (padding + sample.body + padding)[padding.count..<padding.count + sample.body.count]
        let target = Array(sample.target.utf8)
        delivery.target = (padding + target + padding)[padding.count..<padding.count + target.count]
        let whole = Delivery(sample).headers
        let offset = padding.count
        delivery.headers = HeaderFields(
            bytes: (padding + whole.bytes)[offset...],
            fields: whole.fields.map { field in
                HeaderFields.Field(
                    name: field.name.lowerBound + offset..<field.name.upperBound + offset,
                    value: field.value.lowerBound + offset..<field.value.upperBound + offset)
            })
        let verifier = try provider.provider()
        #expect(verifier.outcome(delivery) == .success(1))
        var first = JSONDocument()
        var second = JSONDocument()
        #expect(
            try verifier.events(in: delivery, document: &first)
                == verifier.events(in: Delivery(sample), document: &second))
    }

    @Test(arguments: ProviderCase.all)
    func `renewed samples have other keys each time and still verify`(provider: ProviderCase) throws {
        let verifier = try provider.provider()
        var keys: Set<String> = []
        for serial in [0, 1, 2, 255, 256, 65_536, 1_000_000, Int.max] {
            var sample = Sample(target: "/w", body: Array(provider.body.utf8), now: 1)
            verifier.renew(&sample, serial: serial)
            verifier.sign(&sample)
            #expect(verifier.outcome(Delivery(sample)) == .success(1))
            var document = JSONDocument()
            let events = try verifier.events(in: Delivery(sample), document: &document)
            keys.formUnion(events.map(\.key))
        }
        #expect(keys.count == 8)
    }

    @Test func `renewing changes the identity's bytes only`() throws {
        let body = "{\n  \"id\" : \"evt_1\",\n  \"data\": {\"id\": \"evt_1\"}\n}\n"
        var sample = Sample(target: "/w", body: Array(body.utf8), now: 1)
        try Stripe(.make("s")).renew(&sample, serial: 7)
        let renewed = String(decoding: sample.body, as: UTF8.self)
        #expect(renewed.hasPrefix("{\n  \"id\" : \"evt_"))
        #expect(renewed.hasSuffix("\",\n  \"data\": {\"id\": \"evt_1\"}\n}\n"))
        #expect(renewed != body)
    }

    @Test func `renewing reaches every entity of a legacy QuickBooks body and every kind of Mailchimp form`() throws {
        let quickBooks = try QuickBooks(.make("s"))
        let entity = #"{"name":"A","id":"1","operation":"B","lastUpdated":"2015-10-05T14:42:19-0700"}"#
        var sample = Sample(
            target: "/w",
            body: Array(
                #"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[\#(entity),\#(entity)]}}]}"#.utf8
            ),
            now: 1)
        quickBooks.renew(&sample, serial: 3)
        let events = try quickBooks.events(String(decoding: sample.body, as: UTF8.self))
        #expect(Set(events.map(\.key)).count == 2)
        let mailchimp = try Mailchimp(.make("s"))
        for form in [
            "type=cleaned&data%5Bemail%5D=a", "type=upemail&data[new_id]=n", "type=campaign&data[id]=", "type=x",
        ] {
            var sample = Sample(target: "/w", body: Array(form.utf8), now: 1)
            mailchimp.renew(&sample, serial: 3)
            let renewed = String(decoding: sample.body, as: UTF8.self)
            #expect(try mailchimp.events(renewed).first?.key != mailchimp.events(form).first?.key)
        }
    }

    @Test(arguments: ProviderCase.all)
    func `a sample that is not what it should be is left alone or at least survives`(provider: ProviderCase) throws {
        let verifier = try provider.provider()
        for body in ["", "{", "[]", "{}", "null", "\u{0}"] {
            var sample = Sample(target: "", body: Array(body.utf8), now: 1)
            verifier.renew(&sample, serial: 1)
            verifier.sign(&sample)
            #expect(provider.type.name == "mailchimp" || sample.body == Array(body.utf8))
        }
    }
}

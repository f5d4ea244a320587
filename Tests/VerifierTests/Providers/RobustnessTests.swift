import Testing
import Verifiers

/// Arbitrary bytes from a stranger: refused or read, never a crash. Seeded, so that a failure repeats.
@Suite struct RobustnessTests {
    private static let rounds = 3000

    @Test(arguments: ProviderCase.all)
    func `verifying, reading and explaining survive arbitrary deliveries`(provider: ProviderCase) throws {
        var generator = SeededGenerator(seed: 2)
        let verifier = try provider.provider()
        var document = JSONDocument()
        let header = Array("tv01=,;=abcdef0123456789+/- \0".utf8)
        let body = Array("{}[]\":,\\u0ntrue01eE+-.=&%5B%5Ddata[]id type\0".utf8)
        for _ in 0..<Self.rounds {
            let value = String(decoding: generator.bytes(upTo: 120, alphabet: header), as: UTF8.self)
            let names = ["stripe-signature", "x-square-hmacsha256-signature", "intuit-signature", "host"]
            var delivery = Delivery.make(headers: names.map { ($0, value) })
            delivery.body = generator.bytes(upTo: 80, alphabet: body)[...]
            delivery.target = generator.bytes(upTo: 40, alphabet: Array("/?&=#%secret".utf8))[...]
            delivery.pathSuffix = generator.bytes(upTo: 8, alphabet: Array("%/+a".utf8))[...]
            delivery.receivedAt = [.min, -1, 0, 1_700_000_000, .max].randomElement(using: &generator) ?? 0
            switch verifier.outcome(delivery) {
            case .success: Issue.record("arbitrary bytes were accepted")
            case .failure(let failure): #expect(!verifier.explain(failure, of: delivery).isEmpty)
            }
            do {
                let events = try verifier.events(in: delivery, document: &document)
                #expect(events.allSatisfy { !$0.key.isEmpty && !$0.type.isEmpty })
            } catch {
                #expect(!error.reason.isEmpty)
            }
            var sample = Sample(target: value, body: Array(delivery.body), now: delivery.receivedAt)
            verifier.renew(&sample, serial: Int.random(in: .min ... .max, using: &generator))
            verifier.sign(&sample)
        }
    }

    @Test(arguments: ProviderCase.all)
    func `a body with a few bytes changed is read or refused`(provider: ProviderCase) throws {
        var generator = SeededGenerator(seed: 3)
        let verifier = try provider.provider()
        var document = JSONDocument()
        var malformed = 0
        for _ in 0..<Self.rounds {
            var body = Array(provider.body.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                body[Int.random(in: body.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            var delivery = Delivery.make()
            delivery.body = body[...]
            do {
                _ = try verifier.events(in: delivery, document: &document)
            } catch {
                malformed += 1
            }
        }
        #expect(malformed > 0)
    }

    @Test func `the form decoder and the address parsers survive arbitrary bytes`() throws {
        var generator = SeededGenerator(seed: 4)
        let trusted = try [#require(CIDRBlock("0.0.0.0/0")), #require(CIDRBlock("::/0"))]
        let peer = try #require(IPAddress("10.0.0.1"))
        for _ in 0..<Self.rounds {
            let form = generator.bytes(upTo: 60, alphabet: Array("a0[]=&%5BD+".utf8))
            if let decoder = try? FormDecoder(form[...]), let json = try? decoder.json() {
                var document = JSONDocument()
                try document.read(json[...])
            }
            let text = generator.bytes(upTo: 50, alphabet: Array("0123456789abcdef:.,[]/\" for=;".utf8))
            if let address = IPAddress(text: text[...]) { #expect(IPAddress(address.description) == address) }
            if let block = CIDRBlock(String(decoding: text, as: UTF8.self)) {
                #expect(CIDRBlock(block.description) == block)
            }
            let headers = HeaderFields([
                ("x-forwarded-for", String(decoding: text, as: UTF8.self)),
                ("forwarded", String(decoding: text, as: UTF8.self)),
            ])
            for field in ForwardedFor.Field.allCases {
                _ = ForwardedFor.client(peer: peer, headers: headers, trusted: trusted, field: field)
            }
            let time = generator.bytes(upTo: 35, alphabet: Array("0123456789-T:.Z+ ".utf8))
            _ = Timestamp(rfc3339: time[...])
            _ = Timestamp(zoneless: time[...])
            _ = Timestamp(unixSeconds: time[...])
        }
    }

    @Test(arguments: ProviderCase.all)
    func `headers of a mebibyte and tens of thousands of fields are refused quickly`(provider: ProviderCase) throws {
        let verifier = try provider.provider()
        let huge = String(repeating: "t=1,v1=aa,", count: 100_000)
        let names = ["Stripe-Signature", "x-square-hmacsha256-signature", "intuit-signature"]
        let delivery = Delivery.make(headers: names.map { ($0, huge) })
        let many = Delivery.make(headers: (0..<20_000).map { ("x-\($0)", "\0\u{FF}é") })
        for delivery in [delivery, many] {
            guard case .failure(let failure) = verifier.outcome(delivery) else {
                Issue.record("a hostile delivery was accepted")
                continue
            }
            #expect(verifier.explain(failure, of: delivery).utf8.count < 1000)
        }
    }
}

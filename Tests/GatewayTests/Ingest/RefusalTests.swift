import Testing
import Verifiers

@testable import WebhookGateway

/// What is kept of refused deliveries: within which limits, and without which secrets.
@ControlPlane
struct RefusalTests {
    private static let stripe = #"provider: "stripe", secrets: ["whsec_right"], toleranceSeconds: 0"#
    private nonisolated static let second: UInt64 = 1_000_000_000

    // MARK: Limits

    @Test nonisolated func `a flood gets one place a second, and one address five of them, then one a minute`() {
        let gate = RefusalGate()
        let start = 1000 * Self.second
        let flooder = IPAddress(v4: 0xC000_0201)
        var taken: [UInt64] = []
        // Two minutes of a thousand refusals a second from one address.
        for step in 0..<120_000 {
            let now = start + UInt64(step) * (Self.second / 1000)
            if gate.take(flooder, now: now) { taken.append((now - start) / Self.second) }
        }
        #expect(taken == [0, 1, 2, 3, 4, 60])
        // Others have had their place in every other second all the while.
        #expect(gate.take(IPAddress(v4: 0xC000_0301), now: start + 121 * Self.second))
        #expect(!gate.take(IPAddress(v4: 0xC000_0302), now: start + 121 * Self.second))
        // Many addresses at once: still one a second.
        let later = start + 1000 * Self.second
        let count = (0..<20_000).count { index in
            gate.take(IPAddress(v4: 0x0A00_0000 + UInt32(index)), now: later + UInt64(index) * (Self.second / 1000))
        }
        #expect(count == 20)
    }

    @Test func `the ring keeps the newest 200 of a source, five of an address, and 1 MiB`() async throws {
        try await StoreFixture.run { store in
            try await RefusalBench.run(in: store) { bench in
                let source = try RefusalBench.source(Self.stripe)
                var ids: [String] = []
                for number in 0..<210 {
                    let sample = RefusalBench.sample(#"{"n":\#(number)}"#, to: "shop", at: 0)
                    ids.append(try await bench.refuse(sample, by: source, from: "203.0.\(number / 4).\(number % 4)"))
                }
                #expect(try await bench.kept().map(\.id) == ids.suffix(200).reversed())

                let (keys, connection) = (store.keys, store.connection)
                _ = try await connection.command(["FLUSHALL"])
                ids = []
                for number in 0..<8 {
                    let sample = RefusalBench.sample("\(number)", to: "shop", at: 0)
                    ids.append(try await bench.refuse(sample, by: source, from: "2001:db8::\(number)"))
                }
                let other = try await bench.refuse(RefusalBench.sample("x", to: "shop", at: 0), by: source)
                #expect(try await bench.kept().map(\.id) == [other] + ids.suffix(5).reversed())

                _ = try await connection.command(["FLUSHALL"])
                for number in 0..<20 {
                    let body = String(repeating: "b", count: Refusal.Limit.bodyBytes)
                    let sample = RefusalBench.sample(body, to: "shop", at: 0)
                    try await bench.refuse(sample, by: source, from: "203.0.113.\(number)")
                }
                let kept = try await bench.kept()
                #expect(kept.count == 15)
                #expect(kept.reduce(0) { $0 + $1.record.count } <= Refusal.Limit.bytes)
                #expect(
                    try await store.strings(["KEYS", "*refusal:*"]).count == kept.count, "no record is left behind")
                #expect(try await store.integer(["HLEN", .text(keys.refusedSizes("shop"))]) == kept.count)
                for key in [keys.refused("shop"), keys.refusedSizes("shop"), keys.refusal(kept[0].id)] {
                    #expect((1...Refusal.Limit.seconds).contains(try await store.expiry(key)), "\(key)")
                }
            }
        }
    }

    @Test func `what is older than three days goes, and the store keeps one a second whoever asks`() async throws {
        try await StoreFixture.run { store in
            try await RefusalBench.run(in: store) { bench in
                let source = try RefusalBench.source(Self.stripe)
                let now = Clock.unixMilliseconds()
                let sample = RefusalBench.sample("{}", to: "shop", at: 0)
                try await bench.refuse(sample, by: source, from: "192.0.2.1", at: now - 3 * 86_400_000 - 1000)
                #expect(try await bench.kept().count == 1)
                let new = try await bench.refuse(sample, by: source, at: now)
                #expect(try await bench.kept().map(\.id) == [new])
                // Another process' gate knows nothing of this second.
                try await bench.refuse(sample, by: source, gate: RefusalGate())
                #expect(try await bench.kept().map(\.id) == [new])
                #expect(bench.keeper.figures.kept == 2)
                #expect(bench.keeper.figures.dropped[RefusalKeeper.Drop.rate.rawValue] == 1)
            }
        }
    }

    @Test func `a body over 64 KiB is not kept, and a store that does not answer gets none`() async throws {
        try await StoreFixture.run { store in
            try await RefusalBench.run(in: store) { bench in
                let source = try RefusalBench.source(Self.stripe)
                let body = String(repeating: "b", count: Refusal.Limit.bodyBytes + 1)
                try await bench.refuse(RefusalBench.sample(body, to: "shop", at: 0), by: source)
                let kept = try #require(try await bench.kept().first)
                #expect(kept.bodyState == .tooLarge && kept.body.isEmpty && kept.bodyBytes == body.utf8.count)
            }
            let cut = RedisConnection(store.server.settings, scripts: [.refusalKeep], loop: ControlPlane.loop)
            let keeper = RefusalKeeper(connection: cut, keys: store.keys) { cut.isReady }
            let source = try RefusalBench.source(Self.stripe)
            source.refusals = RefusalGate()
            for second in 1...3 {
                let delivery = Delivery(
                    method: "POST", target: [], body: [], headers: HeaderFields([]), peer: nil, receivedAt: 0)
                let context = RequestContext(requestID: ULID(high: 0, low: 0), receivedAt: 0, startedAt: 0)
                keeper.refused(
                    delivery, because: .missing, status: 401, source, context, now: UInt64(second) * Self.second)
            }
            #expect(keeper.figures.dropped[RefusalKeeper.Drop.store.rawValue] == 3)
        }
    }

    // MARK: Secrets

    /// A source's settings, a request that carries the secret `S3cret+/ö`, and the same with another secret.
    nonisolated static let carriers:
        [(members: String, target: String, headers: [(name: String, value: String)], body: String)] = [
            (
                #"provider: "mailchimp", secrets: ["S3cret+/ö"], secretParameter: "key2""#,
                "/webhooks/shop?a=1&key2=S3cret%2B%2F%C3%B6&token=S3cret%2b%2f%c3%b6&b=2", [], "type=subscribe"
            ),
            (
                #"provider: "mailchimp", secrets: ["S3cret+/ö"]"#, "/webhooks/shop/S3cret+%2F%C3%B6?a=1", [],
                "type=subscribe"
            ),
            (
                #"provider: "shared-secret", secrets: ["S3cret+/ö"]"#, "/webhooks/shop",
                [("X-Webhook-Secret", "S3cret+/ö")],
                "{}"
            ),
            (
                #"provider: "shared-secret", secrets: ["user:S3cret+/ö"], definition: { proofs: [{ kind: "basic" }] }"#,
                "/webhooks/shop", [("Authorization", "Basic dXNlcjpTM2NyZXQrL8O2")], "{}"
            ),
            (
                #"provider: "shared-secret", secrets: ["S3cret+/ö"], definition: { proofs: [{ kind: "shared", signature: "/verification/token" }] }"#,
                "/webhooks/shop", [], #"{"a":1,"verification":{"token":"S3cret+/ö"}}"#
            ),
        ]

    @Test(arguments: carriers.indices)
    func `a carried secret is not kept, and is known again by who has it`(_ index: Int) async throws {
        let (members, target, headers, body) = Self.carriers[index]
        try await StoreFixture.run { store in
            try await RefusalBench.run(in: store) { bench in
                let wrong = try RefusalBench.source(
                    members.replacing("S3cret+/ö", with: "other").replacing("user:other", with: "user:wrong"))
                let sample = Sample(
                    target: target,
                    headers: headers + [("Cookie", "c=1"), ("X-Api-Token", "S3cret+/ö"), ("X-Kept", "k")],
                    body: Array(body.utf8), now: 0)
                try await bench.refuse(sample, by: wrong)
                let refusal = try #require(try await bench.kept().first)
                #expect(refusal.reason == .mismatch && refusal.bodyState == .kept)
                let record = String(decoding: refusal.record, as: UTF8.self)
                for form in ["S3cret", "dXNlcjpTM2NyZXQr", "c=1"] { #expect(!record.contains(form), "\(record)") }
                #expect(record.contains(#"["X-Kept","k"]"#))
                #expect(
                    RefusalSeal.masked(record).contains(Secret.mask) && !RefusalSeal.masked(record).contains("sealed."))

                @ControlPlane func judge(_ members: String) throws -> RefusalJudge {
                    RefusalJudge(
                        Array(
                            try ConfigurationSamples.load("{ sources: { shop: { \(members) } } }", known: .builtIn)
                                .configuration.sources))
                }
                #expect(try judge(members).verdict(on: refusal) == .authentic(secret: 1))
                let still = try judge(members.replacing("S3cret+/ö", with: "yet another"))
                #expect(still.verdict(on: refusal) == .refused(.mismatch))
                #expect(still.explanation(of: refusal)?.contains("none of those configured") == true)
            }
        }
    }

    @Test func `a seal that a stranger writes opens nothing, and text around seals stays`() throws {
        let seal = try #require(RefusalSeal(salt: Array(repeating: 7, count: 16)))
        let other = try #require(RefusalSeal(salt: Array(repeating: 8, count: 16)))
        let forged = String(decoding: other.seal(Array("right".utf8)[...]), as: UTF8.self)
        var refusal = Refusal(
            id: "x", source: "shop", reason: .mismatch, status: 401, receivedAt: 0, peer: nil, method: "POST",
            target: "/webhooks/shop?a=sealed.&secret=\(forged)&b=sealed.0123", headers: [], bodyBytes: 0,
            bodyState: .kept, salt: [], body: [])
        let same = seal.opened(refusal, secrets: [Array("right".utf8)], CarriedCredentials())
        #expect(same.target == refusal.target)
        refusal.target = refusal.target.replacing(
            forged, with: String(decoding: seal.seal(Array("right".utf8)[...]), as: UTF8.self))
        let opened = seal.opened(refusal, secrets: [Array("right".utf8)], CarriedCredentials())
        #expect(opened.target == "/webhooks/shop?a=sealed.&secret=right&b=sealed.0123")
    }
}

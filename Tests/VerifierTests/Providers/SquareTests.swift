import Testing
import Verifiers

@Suite struct SquareTests {
    private let url = "https://hooks.example.com/webhooks/square"
    private let body = #"{"event_id":"e1"}"#
    private let right = "4ZzY+ijmAclm/6upEFXdjt/OjDxvrZ8Ihrq3417zLoQ="

    private func outcome(
        _ signature: String?, body: String? = nil, header: String = "X-Square-HmacSha256-Signature"
    ) throws -> Result<Int, VerificationFailure> {
        let headers = signature.map { [(header, $0)] } ?? []
        return try Square(.make("other", "sq_key", url: url)).outcome(.make(body: body ?? self.body, headers: headers))
    }

    @Test func `the reference vector is accepted, padded or not`() throws {
        #expect(try outcome(right) == .success(2))
        #expect(try outcome(String(right.dropLast())) == .success(2))
    }

    @Test func `anything else is refused for the right reason`() throws {
        #expect(try outcome(nil) == .failure(.missing))
        #expect(try outcome("") == .failure(.missing))
        #expect(try outcome("not base64!") == .failure(.malformed))
        #expect(try outcome(right + "=") == .failure(.malformed))
        #expect(try outcome("AAAA") == .failure(.malformed))
        #expect(try outcome(String(repeating: "A", count: 100_000)) == .failure(.malformed))
        #expect(try outcome("e19cd8fa28e601c966ffaba91055dd8edfce8c3c6fad9f0886bab7e35ef32e84") == .failure(.malformed))
        #expect(try outcome(right, body: body + "\n") == .failure(.mismatch))
        #expect(try outcome("A" + right.dropFirst()) == .failure(.mismatch))
    }

    @Test func `the legacy header is never used`() throws {
        #expect(try outcome(right, header: "x-square-signature") == .failure(.missing))
    }

    @Test func `an empty body is refused though the signature is right`() throws {
        let square = try Square(.make("sq_key", url: url))
        var sample = Sample(target: "/webhooks/square", body: [], now: 0)
        square.sign(&sample)
        #expect(square.outcome(Delivery(sample)) == .failure(.mismatch))
        #expect(square.explain(.mismatch, of: Delivery(sample)).contains("body is empty"))
    }

    @Test(arguments: [
        (ProviderSettings.make("k"), "notificationURL"), (.make("k", url: ""), "notificationURL"),
        (.make(url: "https://x"), "secrets"),
        (.make("", url: "https://x"), "secrets[0]"),
    ])
    func `settings that cannot work are refused`(settings: ProviderSettings, key: String) {
        let error = #expect(throws: InvalidSettings.self) { _ = try Square(settings) }
        #expect(error?.key == key)
    }

    @Test func `an event is read`() throws {
        let body = """
            {"merchant_id":"M1","type":"payment.updated","event_id":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
             "created_at":"2020-02-06T21:27:34.308Z","data":{"type":"payment","id":"hYy9pRFVxpDsO1FB05SunFWUe9JZY","object":{}}}
            """
        let events = try Square(.make("k", url: url)).events(body)
        #expect(
            events == [
                ProviderEvent(
                    key: "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc", type: "payment.updated",
                    time: Timestamp(seconds: 1_581_024_454, nanoseconds: 308_000_000),
                    subject: "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
                    account: "M1", payload: .root)
            ])
    }

    @Test(arguments: [
        ("null", "not a JSON object"), (#"{"type":"x"}"#, "'event_id' is missing"),
        (#"{"event_id":"x"}"#, "'type' is missing"),
    ])
    func `a body without what an event needs is malformed`(body: String, reason: String) throws {
        let malformation = try #require(try Square(.make("k", url: url)).malformation(body))
        #expect(malformation.contains(reason))
    }

    @Test func `a sample looks as Square sends it`() throws {
        var sample = Sample(target: "/webhooks/square", body: Array(body.utf8), now: 1_700_000_000)
        try Square(.make("sq_key", url: url)).sign(&sample)
        let headers = Dictionary(uniqueKeysWithValues: sample.headers.map { ($0.name, $0.value) })
        #expect(headers["x-square-hmacsha256-signature"] == right)
        #expect(headers["square-initial-delivery-timestamp"] == "2023-11-14T22:13:20Z")
        #expect(headers["square-environment"] == "Production")
    }
}

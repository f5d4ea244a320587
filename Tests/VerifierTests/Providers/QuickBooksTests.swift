import Testing
import Verifiers

@Suite struct QuickBooksTests {
    private let right = "PoTD6NkQ7ZMymzly6D5JRrVrHxAE3mCtl20M12uy6iM="

    private func provider() throws -> QuickBooks { try QuickBooks(.make("verifier-token")) }

    private func outcome(_ signature: String?, body: String = #"{"eventNotifications":[]}"#) throws -> Result<
        Int, VerificationFailure
    > {
        try provider().outcome(.make(body: body, headers: signature.map { [("Intuit-Signature", $0)] } ?? []))
    }

    @Test func `the reference vector is accepted and all else refused`() throws {
        #expect(try outcome(right) == .success(1))
        #expect(try outcome(nil) == .failure(.missing))
        #expect(try outcome("x") == .failure(.malformed))
        #expect(try outcome(right, body: #"{"eventNotifications":[] }"#) == .failure(.mismatch))
    }

    @Test(arguments: [ProviderSettings.make(), .make(""), .make("a", "")])
    func `settings without a token are refused`(settings: ProviderSettings) {
        #expect(throws: InvalidSettings.self) { _ = try QuickBooks(settings) }
    }

    @Test func `a legacy delivery is split into its entities, each with its realm`() throws {
        let body = """
            {"eventNotifications":[
              {"realmId":"R1","dataChangeEvent":{"entities":[
                {"name":"Customer","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"},
                {"name":"Item","id":"2","operation":"Merge","lastUpdated":"2015-10-05T21:42:19.657Z","deletedId":"9","x":{"y":[1]}}]}},
              {"realmId":"R2","dataChangeEvent":{"entities":[
                {"realmId":"liar","name":"Payment","id":3,"operation":"Void","lastUpdated":"2015-10-05T14:42:19-07:00"}]}}]}
            """
        var document = JSONDocument()
        let events = try provider().events(in: .make(body: body), document: &document)
        #expect(
            events.map(\.key) == [
                "R1|Customer|1|Create|2015-10-05T14:42:19-0700", "R1|Item|2|Merge|2015-10-05T21:42:19.657Z|9",
                "R2|Payment|3|Void|2015-10-05T14:42:19-07:00",
            ])
        #expect(events.map(\.type) == ["Customer.Create", "Item.Merge", "Payment.Void"])
        #expect(events.map(\.subject) == ["1", "2", "3"])
        #expect(events.map(\.account) == ["R1", "R1", "R2"])
        #expect(events.map { $0.time?.seconds } == [1_444_081_339, 1_444_081_339, 1_444_081_339])
        #expect(
            events.map { String(decoding: document.text(of: $0.payload), as: UTF8.self) } == [
                #"{"realmId":"R1","name":"Customer","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"}"#,
                #"{"realmId":"R1","name":"Item","id":"2","operation":"Merge","lastUpdated":"2015-10-05T21:42:19.657Z","deletedId":"9","x":{"y":[1]}}"#,
                #"{"realmId":"R2","name":"Payment","id":3,"operation":"Void","lastUpdated":"2015-10-05T14:42:19-07:00"}"#,
            ])
    }

    private let cloudEvent = """
        {"specversion":"1.0","id":"88cd52aa-33b6-4351-9aa4-47572edbd068","source":"intuit.dsnBgb=","type":"qbo.account.created.v1",
         "time":"2025-09-10T21:31:25.179851517Z","intuitentityid":"1234","intuitaccountid":"310687","data":{}}
        """

    @Test func `a batch of CloudEvents takes its account from each element`() throws {
        let second = #"{"id":"b","type":"qbo.invoice.void.v1","intuitaccountid":"7"}"#
        var document = JSONDocument()
        let events = try provider().events(in: .make(body: "[\(cloudEvent),\(second)]"), document: &document)
        #expect(events.map(\.key) == ["88cd52aa-33b6-4351-9aa4-47572edbd068", "b"])
        #expect(events.map(\.type) == ["qbo.account.created.v1", "qbo.invoice.void.v1"])
        #expect(events.map(\.subject) == ["1234", nil])
        #expect(events.map(\.account) == ["310687", "7"])
        #expect(events.first?.time == Timestamp(seconds: 1_757_539_885, nanoseconds: 179_851_517))
        #expect(events.last.map { String(decoding: document.text(of: $0.payload), as: UTF8.self) } == second)
    }

    @Test func `a single CloudEvent is accepted too`() throws {
        let events = try provider().events(cloudEvent)
        #expect(events.map(\.key) == ["88cd52aa-33b6-4351-9aa4-47572edbd068"])
        #expect(events.map(\.payload) == [.root])
    }

    @Test(arguments: [
        "[]", #"{"eventNotifications":[]}"#,
        #"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[]}}]}"#,
    ])
    func `an empty list is legal and has no event`(body: String) throws {
        #expect(try provider().events(body).isEmpty)
    }

    @Test(arguments: [
        ("", "not JSON"), ("{}", "neither an array"), ("1", "neither an array"), ("[1]", "'[0].id' is missing"),
        (#"[{"id":"a"}]"#, "'[0].type' is missing"), (#"{"specversion":"1.0","type":"x"}"#, "'id' is missing"),
        (#"{"eventNotifications":{}}"#, "'eventNotifications' is not an array"),
        (#"{"eventNotifications":[{}]}"#, "'eventNotifications[0].realmId' is missing"),
        (#"{"eventNotifications":[{"realmId":"1"}]}"#, "'eventNotifications[0].dataChangeEvent.entities' is not"),
        (#"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[1]}}]}"#, "not an object"),
        (
            #"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{}]}}]}"#,
            "'name of entity 1' is missing"
        ),
        (
            #"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{"name":"A","id":"1","operation":"B"}]}}]}"#,
            "'lastUpdated of entity 1' is missing"
        ),
    ])
    func `a body without what an event needs is malformed, and the field is named`(body: String, reason: String) throws
    {
        let malformation = try #require(try provider().malformation(body))
        #expect(malformation.contains(reason))
    }

    @Test(arguments: [
        #"[{"id":"a","type":"x"},{"id":"b"},{"id":"c","type":"x"}]"#,
        #"{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":[{"name":"A","id":"1","operation":"B","lastUpdated":"2026-11-21T08:00:00Z"},{"name":"A"},{"name":"A","id":"2","operation":"B","lastUpdated":"2026-11-21T08:00:00Z"}]}}]}"#,
    ])
    func `an element without what an event needs leaves the others whole`(body: String) throws {
        let events = try provider().events(body)
        #expect(events.map { $0.defect == nil } == [true, false, true])
        #expect(events[1].key.hasPrefix("element-sha256:"))
        #expect(events[1].type == "unreadable")
        #expect(try provider().events(body)[1].key == events[1].key)
    }

    @Test func `identifiers that differ in half a surrogate pair are two`() throws {
        let events = try provider().events(#"[{"id":"a\ud800","type":"x"},{"id":"a\ud801","type":"x"}]"#)
        #expect(events.map(\.key) == [#"a\ud800"#, #"a\ud801"#])
    }

    @Test func `a realm too long to copy into each entity is refused`() throws {
        let body =
            #"{"eventNotifications":[{"realmId":"\#(String(repeating: "1", count: 65))","dataChangeEvent":{"entities":[]}}]}"#
        let malformation = try #require(try provider().malformation(body))
        #expect(malformation.contains("longer than 64"))
    }
}

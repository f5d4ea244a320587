import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

struct PipelineTests {
    @Test(arguments: try WebhookFixture.all())
    func `a captured delivery is proved authentic and becomes whole events`(_ fixture: WebhookFixture) throws {
        let expected = try fixture.expected()
        let events = try stored(decision(on: fixture))
        #expect(events.contains { $0.isQuarantined } == expected.quarantined)
        guard !expected.quarantined else { return }
        #expect(events.count == expected.events.count)
        for (event, expected) in zip(events, expected.events) {
            #expect(try foreseeable(event.json, like: expected) == expected.json)
            #expect(!event.json.contains(10), "an event is one line")
        }
    }

    @Test(arguments: try WebhookFixture.all().filter(\.signsBody))
    func `a delivery whose body was changed is refused`(_ fixture: WebhookFixture) throws {
        var bench = try Bench(fixture)
        var body = Array(bench.delivery.body)
        body[body.count / 2] ^= 1
        bench.delivery.body = body[...]
        guard case .refuse(.mismatch) = bench.decide() else {
            Issue.record("the delivery was not refused for its signature")
            return
        }
    }

    @Test func `an unreadable body is kept with the reason, and known again by its bytes`() throws {
        let fixture = try #require(try WebhookFixture.all().first { $0.name == "quarantine-not-json" })
        let first = try #require(try stored(decision(on: fixture)).first)
        let second = try #require(try stored(decision(on: fixture)).first)
        #expect(first.isQuarantined)
        #expect(first.key.hasPrefix("body-sha256:"))
        #expect(first.key == second.key)
        #expect(first.id != second.id)
        let entry = try JSONDecoder().decode([String: JSONValue].self, from: Data(first.json))
        #expect(entry["deadcategory"] == .text("data_error"))
        guard case .text(let reason)? = entry["deadreason"] else {
            Issue.record("the dead list's entry has no reason")
            return
        }
        #expect(reason.contains("not JSON"))
        #expect(try #require(EventRecord(recordBytes(first))).body.elementsEqual(first.body))
    }

    @Test func `the trace context of a trusted proxy goes on, a stranger's does not`() throws {
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let fixture = try #require(try WebhookFixture.all().first { $0.name == "payment_intent.succeeded" })
        var bench = try Bench(fixture)
        bench.delivery.headers = HeaderFields(bench.delivery.headers.pairs + [("traceparent", given)])
        #expect(try traceparent(bench.decide(trustsTrace: true)) == given)
        let own = try traceparent(bench.decide(trustsTrace: false))
        #expect(own != given)
        #expect(TraceContext.accepted(Array(own.utf8)[...]) != nil)
    }

    @Test func `a QuickBooks company is looked up in the source's tenants`() throws {
        let fixture = try #require(try WebhookFixture.all().first { $0.name == "legacy-several-companies" })
        var bench = try Bench(fixture, tenants: ["9341453196": "acme"])
        let tenants = try stored(bench.decide()).map { event in
            try Event(json: Array(event.json)).tenant
        }
        #expect(Set(tenants) == ["acme", "default"])
    }

    // MARK: -

    /// One source and one delivery.
    private struct Bench {
        var delivery: Delivery
        private let source: Source
        private let pipeline = Pipeline()
        private var ids = ULIDGenerator()

        init(_ fixture: WebhookFixture, tenants: [String: String] = [:]) throws {
            var configuration = try fixture.source()
            configuration.tenants = tenants
            let rules = try MappingCatalog().rules(named: fixture.provider)
            source = try Source(
                configuration, mapper: Mapper(provider: fixture.provider, rules: rules), keys: Keys())
            delivery = try fixture.delivery()
        }

        mutating func decide(trustsTrace: Bool = false) -> Pipeline.Decision {
            let context = RequestContext(
                requestID: ids.next(milliseconds: 1_795_000_000_000), receivedAt: 1_795_000_000_000, startedAt: 0)
            return pipeline.decide(delivery, for: source, context, trustsTrace: trustsTrace, ids: &ids)
        }
    }

    private func decision(on fixture: WebhookFixture) throws -> Pipeline.Decision {
        var bench = try Bench(fixture)
        return bench.decide()
    }

    private func stored(_ decision: Pipeline.Decision) throws -> [NewEvent] {
        guard case .store(let events, let secret) = decision else {
            Issue.record("the delivery was refused: \(decision)")
            return []
        }
        // 0: where nothing has to be proved.
        #expect(secret <= 1)
        return events
    }

    private func traceparent(_ decision: Pipeline.Decision) throws -> String {
        let event = try #require(try stored(decision).first)
        let members = try JSONDecoder().decode([String: JSONValue].self, from: Data(event.json))
        guard case .text(let value)? = members["traceparent"] else { return "" }
        return value
    }

    /// The event without what differs from run to run.
    private func foreseeable(_ json: ArraySlice<UInt8>, like expected: JSONValue) throws -> String {
        guard case .object(var members) = try JSONDecoder().decode(JSONValue.self, from: Data(json)) else { return "" }
        for name in ["id", "receivedat", "traceparent"] {
            #expect(members.removeValue(forKey: name) != nil, "the event has no \(name)")
        }
        // A provider that does not say when it happened leaves the time of arrival.
        if case .object(let others) = expected, others["time"] == nil { members["time"] = nil }
        return JSONValue.object(members).json
    }

    private func recordBytes(_ event: NewEvent) -> [UInt8] { event.record }
}

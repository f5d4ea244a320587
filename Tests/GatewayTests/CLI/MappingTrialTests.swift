import Testing
import Verifiers

@testable import WebhookGateway

struct MappingTrialTests {
    private func trial(_ configurationText: String) throws -> MappingTrial {
        let configuration = try ConfigurationSamples.load(configurationText).configuration
        return try MappingTrial(try configuration.sourceForCommand("shop"), mappings: configuration.mappings)
    }

    @Test func `a body becomes the event that would be queued`() throws {
        let text = try ConfigurationSamples.repositoryFile(
            "fixtures/webhooks/stripe/payment_intent.succeeded/request.http")
        let request = try HTTPCapture.read(Array(text.utf8)[...])
        var trial = try trial("{ sources: { shop: { provider: 'stripe', secrets: ['x'], tenant: 'acme' } } }")
        let outcomes = try trial.outcomes(of: request.body)
        guard case .event(let json)? = outcomes.first else {
            Issue.record("no event")
            return
        }
        let event = try Event(json: json)
        #expect(event.type == "payment.succeeded")
        #expect(event.source == "shop")
        #expect(event.tenant == "acme")
    }

    @Test func `fields that fail are named`() throws {
        var trial = try trial(
            """
            { sources: { shop: { provider: "stripe", secrets: ["x"] } },
              mappings: { stripe: [{ match: "a.b", type: "thing.made",
                fields: { one: { from: "data.object.one", required: true }, two: { from: "x.two", required: true } } }] } }
            """)
        let outcomes = try trial.outcomes(of: Array(#"{"id":"evt_1","type":"a.b","data":{"object":{}}}"#.utf8))
        guard case .failure(let failure)? = outcomes.first else {
            Issue.record("a required field was missing and nobody minded")
            return
        }
        #expect(failure.fields.map(\.target) == ["one", "two"])
    }

    @Test func `JSON is laid out without being changed`() {
        #expect(
            JSONLayoutPrinter.indented(Array(#"{"a":[1,{"b":"x,\"{"}],"c":{},"d":[]}"#.utf8)) == """
                {
                  "a": [
                    1,
                    {
                      "b": "x,\\"{"
                    }
                  ],
                  "c": {},
                  "d": []
                }
                """)
    }
}

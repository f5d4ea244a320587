import Testing
import Verifiers

@testable import WebhookGateway

struct PathSurveyTests {
    private func unknown(_ fields: String, _ payloads: String...) throws -> [String] {
        let sample = try MappingSample(fields: fields)
        var survey = PathSurvey()
        for payload in payloads {
            var document = JSONDocument()
            try document.read(Array(payload.utf8)[...])
            let event = ProviderEvent(key: "k", type: "t", payload: .root)
            let (rule, scope) = try #require(sample.mapper.rule(for: event, in: document))
            survey.add(rule, scope)
        }
        return survey.all.map(\.description)
    }

    @Test func `a path that leads nowhere is named, with the name that is much like it`() throws {
        #expect(
            try unknown(
                #"a: "custmer.email", b: "customer.emial", c: "nothing.like[0].it""#, #"{"customer":{"email":"e"}}"#)
                == [
                    #"a (rule "t"): nothing at custmer.email; did you mean "customer"?"#,
                    #"b (rule "t"): nothing at customer.emial; did you mean "email"?"#,
                    #"c (rule "t"): nothing at nothing.like[0].it"#,
                ])
    }

    @Test func `null, another sample, another source and a constant are not nowhere`() throws {
        #expect(
            try unknown(
                #"a: "a", b: "b", c: ["x.y", "c"], d: { from: ["z", { constant: 1 }] }, e: "@type""#,
                #"{"a":null,"c":1}"#, #"{"b":{}}"#) == [])
    }

    @Test func `the fields of items are looked at, too`() throws {
        let fields =
            #"l: { each: "lines[*]", fields: { id: "id", n: "nmae" } }, m: { each: "more[*]", fields: { id: "id" } }"#
        #expect(
            try unknown(fields, #"{"lines":[{"id":1,"name":"x"}]}"#) == [
                #"l[*].n (rule "t"): nothing at nmae; did you mean "name"?"#, #"m (rule "t"): nothing at more[*]"#,
            ])
    }
}

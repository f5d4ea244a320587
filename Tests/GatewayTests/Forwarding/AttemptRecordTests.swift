import Testing
import Verifiers

@testable import WebhookGateway

struct AttemptRecordTests {
    private func record(_ outcome: DeliveryOutcome, isUnverifiable: Bool) -> [UInt8] {
        var result = AttemptResult(outcome, count: 1, status: 200, answer: "ok")
        result.isUnverifiable = isUnverifiable
        return AttemptRecord.json(destination: "ga4", attempt: 1, milliseconds: 5, outcome: outcome, result: result)
    }

    private func detail(_ attempts: [[UInt8]]) throws -> EventDetail {
        let record = try #require(EventRecord(Array("{}\n".utf8) + (try Event.sample().json) + Array("\n".utf8)))
        return EventDetail(
            id: "01JB2QK9Z8X4YV7WTN3M5R6P1D", record: record,
            state: ["status": "delivered", "to:ga4": "delivered", "attempts:ga4": "1"], attempts: attempts)
    }

    @Test func `what a destination cannot confirm is not shown as a success`() throws {
        let unverifiable = record(.delivered, isUnverifiable: true)
        #expect(String(decoding: unverifiable, as: UTF8.self).contains(#""unverifiable":true"#))
        let shown = try detail([record(.retry(.network, reason: "x", after: nil), isUnverifiable: true), unverifiable])
        #expect(shown.destinations.map(\.isUnverifiable) == [true])
        #expect(shown.line.text.contains(#""status":"delivered","unverifiable":true"#))
    }

    @Test func `a confirmed delivery and a failure are what they are`() throws {
        for outcome in [DeliveryOutcome.delivered, .dead(.dataError, reason: "x")] {
            let record = record(outcome, isUnverifiable: outcome != .delivered)
            #expect(!String(decoding: record, as: UTF8.self).contains("unverifiable"))
        }
        let shown = try detail([record(.delivered, isUnverifiable: true), record(.delivered, isUnverifiable: false)])
        #expect(shown.destinations.map(\.isUnverifiable) == [false])
    }
}

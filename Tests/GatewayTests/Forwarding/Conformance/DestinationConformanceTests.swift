import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

/// What every destination must do, whatever its API: tried on a strict imitation of each over real sockets.
@ControlPlane
struct DestinationConformanceTests {
    nonisolated static let types = DestinationCatalog.types.filter { !ImitationCatalog.exempt.contains($0) }

    @Test(arguments: types, Situation.allCases.filter { $0 != .slow })
    func `each event comes out as the API's answer says`(_ type: String, _ situation: Situation) async throws {
        try await expectOutcomes(type, situation)
    }

    /// All types beside each other: each waits for its time limit.
    @Test func `an API that does not answer in time says nothing about any event`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for type in Self.types {
                group.addTask { try await self.expectOutcomes(type, .slow) }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: types)
    func `a repeated event has the same deduplication key`(_ type: String) async throws {
        let bench = try ConformanceBench(type, .resetAfterAcceptance, recoversAfter: 1)
        guard bench.imitation.hasDeduplicationKey else { return }
        let event = [try ConformanceEvents.payment(0)]
        let first = await bench.destination.send(event)
        #expect(first.outcomes != [.delivered])
        let second = await bench.destination.send(event)
        #expect(second.outcomes == [.delivered], "\(second)")
        #expect(bench.accepted.count == 2)
        #expect(Set(bench.accepted).count == 1, "\(bench.accepted)")
        bench.expectNoViolations()
    }

    @Test(arguments: types)
    func `a forced replay has another deduplication key, the same in each of its attempts`(_ type: String) async throws
    {
        let bench = try ConformanceBench(type, .success)
        // SendGrid's event_id is a mark for people: the service drops nothing by it.
        guard bench.imitation.hasDeduplicationKey, type != "sendgrid" else { return }
        let event = try ConformanceEvents.payment(0)
        for forced in [0, 1, 1, 2] {
            let result = await bench.destination.send([try Event(json: event.json, forced: forced)])
            #expect(result.outcomes == [.delivered], "\(result)")
        }
        bench.expectNoViolations()
        let keys = bench.accepted
        #expect(keys.count == 4 && Set(keys).count == 3 && keys[1] == keys[2], "\(keys)")
    }

    @Test(arguments: types)
    func `more than a request may hold becomes several`(_ type: String) async throws {
        let bench = try ConformanceBench(type, .success)
        // One more than the limit where that is small; else so large that bytes run out before events do.
        let limit = bench.destination.limits.events
        let count = limit <= 1000 ? limit + 1 : 40
        let result = await bench.destination.send(
            try ConformanceEvents.payments(count, padding: limit <= 1000 ? 0 : 28_000))
        bench.expectNoViolations()
        #expect(result.outcomes == Array(repeating: .delivered, count: count))
        #expect(Set(bench.accepted).count == count)
    }

    @Test(arguments: types)
    func `credentials can be asked about`(_ type: String) async throws {
        let bench = try ConformanceBench(type, .unauthorized)
        let check = await bench.destination.check()
        #expect(!check.explanation.isEmpty)
        #expect(check.verdict != .verified)
        #expect(!bench.secrets.contains { check.explanation.contains($0) })
    }

    private func expectOutcomes(_ type: String, _ situation: Situation) async throws {
        let bench = try ConformanceBench(type, situation)
        let spoilt: Set<Int> = situation == .refusal ? [2] : []
        let events = try ConformanceEvents.payments(5, spoilt: spoilt)
        let result = await bench.destination.send(events)
        #expect(result.outcomes.count == events.count, "\(type)")
        bench.expectNoViolations()
        bench.expectNoSecret(in: result)
        for (place, outcome) in result.outcomes.enumerated() {
            #expect(
                bench.imitation.expectation(situation).isMet(by: outcome, isSpoilt: spoilt.contains(place)),
                "\(type), event \(place): \(outcome)")
        }
        if situation == .success || situation == .refusal {
            let innocent = events.count - (bench.imitation.expectation(.refusal) == .doesNotHappen ? 0 : spoilt.count)
            #expect(bench.accepted.count == innocent, "taken once each: \(bench.accepted)")
            #expect(Set(bench.accepted).count == innocent)
        }
        if bench.imitation.isUnverifiable, result.outcomes.contains(.delivered) {
            #expect(result.isUnverifiable && result.answer?.contains("unverifiable") == true)
        }
    }
}

extension Expectation {
    fileprivate func isMet(by outcome: DeliveryOutcome, isSpoilt: Bool) -> Bool {
        switch (self, outcome) {
        case (.doesNotHappen, .delivered), (.delivered, .delivered): true
        case (.retry(let category), .retry(let actual, _, _)): category == actual
        case (.dead(let category), .dead(let actual, _)): category == actual
        case (.innocentDelivered, .delivered): !isSpoilt
        case (.innocentDelivered(let category, let words), .dead(let actual, let reason)):
            isSpoilt && category == actual && reason.contains(words)
        default: false
        }
    }
}

import Testing

@testable import WebhookGateway

struct BatchRunTests {
    private func entries(_ count: Int) -> [BatchEntry] {
        (0..<count).map { number in
            var entry = BatchEntry(key: "e\(number)", json: [0x7B, 0x7D])
            entry.place = number
            return entry
        }
    }

    /// Drives a run as a destination does, refusing every request with a bad entry.
    private func outcomes(_ count: Int, bad: Set<String>) -> (outcomes: [DeliveryOutcome], requests: Int) {
        var run = BatchRun(count: count, secrets: [], unverifiable: nil)
        run.plan(BatchPlan.requests(entries(count), BatchLimits(events: 1000, bytes: .max)))
        var requests = 0
        while let next = run.next() {
            requests += 1
            let request = OutboundRequest(.post, url)
            run.record(request, status: nil, answer: nil)
            run.apply(
                next.contains { bad.contains($0.key) }
                    ? .split(.dead(.dataError, reason: "bad")) : .whole(.delivered), to: next)
        }
        return (run.result.outcomes, requests)
    }

    private let url: OutboundURL

    init() throws { url = try OutboundURL("http://127.0.0.1/") }

    @Test func `the one that spoils a request is found, the others are delivered`() {
        let (outcomes, requests) = outcomes(1000, bad: ["e617"])
        #expect(outcomes.enumerated().allSatisfy { ($1 == .delivered) == ($0 != 617) })
        #expect(outcomes[617] == .dead(.dataError, reason: "bad"))
        #expect(requests <= 21)
    }

    @Test func `an attempt ends, and what is left over waits`() {
        let bad = Set((0..<500).map { "e\($0)" })
        let (outcomes, requests) = outcomes(500, bad: bad)
        #expect(requests == BatchRun.maximumRequests)
        let settled = outcomes.filter { if case .dead(.dataError, _) = $0 { true } else { false } }
        #expect(settled.count > 20)
        #expect(
            outcomes.allSatisfy { outcome in
                switch outcome {
                case .delivered: false
                case .retry(.unknown, _, _), .dead(.dataError, _): true
                case .retry, .dead: false
                }
            })
    }

    @Test func `a failure of the service ends the attempt`() {
        var run = BatchRun(count: 4, secrets: [], unverifiable: nil)
        run.plan(BatchPlan.requests(entries(4), BatchLimits(events: 2, bytes: .max)))
        let failure = DeliveryOutcome.retry(.providerError, reason: "503", after: .seconds(3))
        if let first = run.next() { run.apply(.whole(failure), to: first) }
        #expect(run.next() == nil)
        #expect(run.result.outcomes == Array(repeating: failure, count: 4))
    }

    @Test func `what a reason repeats of a credential is masked`() {
        var run = BatchRun(count: 1, secrets: [Secret(literal: "s3cr3t")], unverifiable: nil)
        run.settle(0, .dead(.validation, reason: "no such key s3cr3t"))
        #expect(run.result.outcomes == [.dead(.validation, reason: "no such key •••")])
    }

    @Test func `requests keep to events, bytes and isolation`() {
        func plan(_ entries: [BatchEntry], events: Int = 10, bytes: Int = 10_000) -> [[String]] {
            BatchPlan.requests(entries, BatchLimits(events: events, bytes: bytes)).map { $0.map(\.key) }
        }
        #expect(plan(entries(5), events: 2) == [["e0", "e1"], ["e2", "e3"], ["e4"]])
        let large = BatchEntry(key: "large", json: [UInt8](repeating: 0x20, count: 20_000))
        #expect(plan([large] + entries(1)) == [["large"], ["e0"]])
        let twins = ["a", "b", "a"].map { BatchEntry(key: $0, json: [], isolation: $0) }
        #expect(plan(twins) == [["a", "b"], ["a"]])
        #expect(plan([]).isEmpty)
    }
}

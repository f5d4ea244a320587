import Testing

@testable import WebhookGateway

struct RetryPolicyTests {
    private let policy = RetryPolicy(maximumAge: .seconds(1000), base: .seconds(2), maximum: .seconds(60))

    @Test(arguments: [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (7, 60), (1_000_000, 60)])
    func `the upper end of the pause doubles up to the maximum`(attempt: Int, seconds: Int) {
        #expect(policy.ceiling(attempt: attempt) == .seconds(seconds))
        #expect(policy.decide(attempt: attempt, age: .zero, random: 1) == .retry(after: .seconds(seconds)))
        #expect(policy.decide(attempt: attempt, age: .zero, random: 0.5) == .retry(after: .seconds(seconds) / 2))
    }

    @Test func `no pause is shorter than the shortest`() {
        #expect(policy.decide(attempt: 1, age: .zero, random: 0) == .retry(after: RetryPolicy.shortestPause))
    }

    @Test func `the age decides when it ends, and the last attempt is made when it is reached`() {
        #expect(policy.decide(attempt: 9, age: .seconds(990), random: 1) == .retry(after: .seconds(10)))
        #expect(policy.decide(attempt: 9, age: .seconds(1000), random: 1) == .giveUp)
        #expect(policy.decide(attempt: 1, age: .zero, random: 1) != .giveUp)
    }

    @Test func `an age of zero means a single attempt`() {
        let once = RetryPolicy(maximumAge: .zero, base: .seconds(2), maximum: .seconds(60))
        #expect(once.decide(attempt: 1, age: .zero, random: 1) == .giveUp)
    }

    @Test func `what the destination asks for is the least, jitter comes on top`() {
        #expect(
            policy.decide(attempt: 1, age: .zero, retryAfter: .seconds(300), random: 0) == .retry(after: .seconds(300)))
        #expect(
            policy.decide(attempt: 5, age: .zero, retryAfter: .seconds(300), random: 1) == .retry(after: .seconds(302)))
        #expect(
            policy.decide(attempt: 1, age: .zero, retryAfter: .seconds(1 << 40), random: 0)
                == .retry(after: RetryPolicy.longestRetryAfter))
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// How often one may have the gateway ask others' services.
@ControlPlane
struct OutboundQuotaTests {
    private static let second: UInt64 = 1_000_000_000
    private static let all = Principal(name: "all", role: .admin)
    private static let acme = Principal(name: "acme", role: .operator, tenant: "acme")

    /// How many questions of `count` are let through at a moment.
    private static func passed(
        _ count: Int, _ quota: OutboundQuota, _ who: Principal, _ destination: (Int) -> String?, at seconds: UInt64
    ) -> Int {
        (0..<count).count { index in
            (try? quota.take(who, destination: destination(index), now: (1000 + seconds) * second)) != nil
        }
    }

    @Test func `a destination is asked five times at once, then once a second, whoever wants it`() throws {
        let quota = OutboundQuota()
        #expect(Self.passed(9, quota, Self.all, { _ in "crm" }, at: 0) == 5)
        #expect(Self.passed(1, quota, Self.acme, { _ in "crm" }, at: 0) == 0)
        #expect(Self.passed(1, quota, Self.all, { _ in "log" }, at: 0) == 1, "another is not concerned")
        #expect(Self.passed(9, quota, Self.all, { _ in "crm" }, at: 3) == 3)
        let problem = #expect(throws: Problem.self) {
            try quota.take(Self.all, destination: "crm", now: 1003 * Self.second)
        }
        #expect(problem?.status == .tooManyRequests && problem?.retryAfter == 1)
    }

    @Test func `a tenant asks twenty times at once, however many destinations it has, and others are not concerned`() {
        let quota = OutboundQuota()
        #expect(Self.passed(50, quota, Self.acme, { "d\($0)" }, at: 0) == 20)
        #expect(Self.passed(1, quota, Self.acme, { _ in nil }, at: 0) == 0)
        #expect(Self.passed(1, quota, Self.all, { _ in "d30" }, at: 0) == 1)
        let other = Principal(name: "bolt", role: .operator, tenant: "bolt")
        #expect(Self.passed(1, quota, other, { _ in nil }, at: 0) == 1)
        #expect(Self.passed(50, quota, Self.acme, { _ in nil }, at: 4) == 8)
        // What was refused has cost nothing, and buckets that are full again are let go of.
        for index in 0..<3000 { _ = try? quota.take(Self.all, destination: "x\(index)", now: 2000 * Self.second) }
        #expect(Self.passed(50, quota, Self.acme, { "d\($0)" }, at: 1001) == 20)
    }

    @Test func `a test too many is answered 429 with the time to wait`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.operator)
            var answers: [ClientResponse] = []
            // However slow the machine, it asks more often than once a second.
            while answers.count < 50, answers.last?.code != 429 {
                answers.append(try await bench.ask("POST", "/api/v1/destinations/log/test", token: token))
            }
            #expect(answers.count > 5 && answers.dropLast().allSatisfy { $0.code == 200 }, "\(answers[0].text)")
            #expect(answers.last?.code == 429 && answers.last?.header("retry-after") == "1")
            #expect(try await bench.ask("POST", "/api/v1/destinations/crm/test", token: token).code == 200)
        }
    }
}

import Testing

@testable import WebhookGateway

struct BatcherTests {
    private func item(_ number: Int) throws -> Batcher.Item {
        let json = Array(StoreFixture.json(number).utf8)
        let claimed = ClaimedEvent(
            claim: Claim(id: StoreFixture.id(number), token: "t"), json: json, attempts: 0, age: .zero)
        return Batcher.Item(claimed: claimed, event: try Event(json: json))
    }

    private func numbers(_ batch: [Batcher.Item]?) -> [Int]? {
        batch?.map { Int($0.event.id.dropFirst("01TEST".count)) ?? -1 }
    }

    private let size = StoreFixture.json(0).utf8.count

    @Test func `a full batch goes at once, the rest when it has lingered`() throws {
        var batcher = Batcher(limits: BatchLimits(events: 2, bytes: 1 << 20), linger: .milliseconds(10))
        for number in 0..<3 { batcher.add(try item(number), now: 100) }
        #expect(numbers(batcher.next(now: 100)) == [0, 1])
        #expect(batcher.next(now: 100) == nil)
        let deadline = try #require(batcher.deadline)
        #expect(deadline == 100 + 10_000_000)
        #expect(batcher.next(now: deadline - 1) == nil)
        #expect(numbers(batcher.next(now: deadline)) == [2])
        #expect(batcher.deadline == nil)
    }

    @Test func `a batch ends before its weight is passed, and one event always fits`() throws {
        var batcher = Batcher(limits: BatchLimits(events: 9, bytes: 2 * size + 1), linger: .seconds(1))
        for number in 0..<3 { batcher.add(try item(number), now: 0) }
        #expect(numbers(batcher.next(now: 0)) == [0, 1])
        #expect(batcher.next(now: 0) == nil)
        var narrow = Batcher(limits: BatchLimits(events: 9, bytes: 1), linger: .seconds(1))
        narrow.add(try item(0), now: 0)
        #expect(numbers(narrow.next(now: 0)) == [0])
    }

    @Test func `single events do not linger`() throws {
        var batcher = Batcher(limits: BatchLimits(events: 1, bytes: 1 << 20), linger: .seconds(9))
        batcher.add(try item(4), now: 7)
        #expect(numbers(batcher.next(now: 7)) == [4])
    }

    @Test func `taking all leaves nothing`() throws {
        var batcher = Batcher(limits: BatchLimits(events: 5, bytes: 1 << 20), linger: .seconds(9))
        for number in 0..<3 { batcher.add(try item(number), now: 0) }
        #expect(numbers(batcher.takeAll()) == [0, 1, 2])
        #expect(batcher.count == 0 && batcher.deadline == nil)
    }
}

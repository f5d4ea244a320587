import Testing

@testable import WebhookGateway

struct FIFOTests {
    @Test func `elements leave in the order they came, through many rounds of reuse`() {
        var queue = FIFO<Int>()
        var next = 0
        var expected = 0
        for round in 0..<500 {
            for _ in 0..<(round % 17) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round % 13) where !queue.isEmpty {
                #expect(queue.first == expected)
                #expect(queue.popFirst() == expected)
                expected += 1
            }
            #expect(queue.count == next - expected)
        }
        #expect(queue.takeAll() == Array(expected..<next))
        #expect(queue.isEmpty)
        #expect(queue.popFirst() == nil)
    }
}

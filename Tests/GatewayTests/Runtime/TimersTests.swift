import Testing

@testable import WebhookGateway

struct TimersTests {
    @Test func `actions run in the order of their deadlines, equal ones in the order they were added`() {
        var timers = Timers()
        var ran: [String] = []
        _ = timers.add(deadline: 30) { ran.append("30") }
        _ = timers.add(deadline: 10) { ran.append("10a") }
        _ = timers.add(deadline: 20) { ran.append("20") }
        _ = timers.add(deadline: 10) { ran.append("10b") }
        #expect(timers.earliest == 10)
        while let action = timers.popExpired(now: 20) { action() }
        #expect(ran == ["10a", "10b", "20"])
        #expect(timers.earliest == 30)
    }

    @Test func `a cancelled action does not run`() {
        var timers = Timers()
        var ran = 0
        let token = timers.add(deadline: 1) { ran += 1 }
        _ = timers.add(deadline: 2) { ran += 10 }
        timers.cancel(token)
        while let action = timers.popExpired(now: 5) { action() }
        #expect(ran == 10)
    }

    @Test func `many timers leave in order, whatever order they came in`() {
        var timers = Timers()
        var generator = SystemRandomNumberGenerator()
        var left: [UInt64] = []
        for _ in 0..<2000 {
            let deadline = UInt64.random(in: 0...1_000_000, using: &generator)
            _ = timers.add(deadline: deadline) { left.append(deadline) }
        }
        while let action = timers.popExpired(now: .max) { action() }
        #expect(left.count == 2000)
        #expect(left == left.sorted())
    }
}

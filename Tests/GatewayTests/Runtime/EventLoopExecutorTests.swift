import Testing

@testable import WebhookGateway

@ControlPlane
struct EventLoopExecutorTests {
    @Test func `who is on the loop and begins to wait does so before anything else runs there`() async {
        var othersRan = false
        ControlPlane.loop.schedule(after: .zero) { othersRan = true }
        var ranBeforeWaiting = true
        await withCheckedContinuation { continuation in
            ranBeforeWaiting = othersRan
            continuation.resume()
        }
        #expect(!ranBeforeWaiting)
    }

    @Test func `a signal raised before the wait ends it`() async {
        let signal = Signal()
        signal.raise()
        await signal.wait()
        let start = Clock.monotonicNanoseconds()
        await signal.wait(atMost: .milliseconds(1))
        #expect(Clock.monotonicNanoseconds() - start >= 1_000_000)
    }
}

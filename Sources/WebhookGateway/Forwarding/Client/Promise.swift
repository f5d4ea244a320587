/// Resumes one waiting task exactly once: with a result, or with what was agreed on for its deadline.
@ControlPlane
final class Promise<Value: Sendable> {
    private var continuation: CheckedContinuation<Value, Never>?
    private var timer: Timers.Token?

    private init(_ continuation: CheckedContinuation<Value, Never>) { self.continuation = continuation }

    /// Waits for the value that whoever gets the promise from `start` gives it; after `deadline` (monotonic
    /// nanoseconds) for no longer: then `late` makes the value.
    static func value(
        by deadline: UInt64, orElse late: @escaping () -> Value, start: (Promise) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in
            let promise = Promise(continuation)
            let now = Clock.monotonicNanoseconds()
            promise.timer = ControlPlane.loop.schedule(after: .nanoseconds(deadline > now ? deadline - now : 0)) {
                promise.timer = nil
                if promise.continuation != nil { promise.fulfil(late()) }
            }
            start(promise)
        }
    }

    /// Gives the value; only the first one counts.
    func fulfil(_ value: Value) {
        guard let continuation else { return }
        self.continuation = nil
        if let timer { ControlPlane.loop.cancel(timer) }
        timer = nil
        continuation.resume(returning: value)
    }
}

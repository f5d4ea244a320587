/// Wakes one loop of the control plane: raised any number of times, waited for by one.
@ControlPlane
final class Signal {
    private var isRaised = false
    private var waiter: CheckedContinuation<Void, Never>?
    private var timer: Timers.Token?

    /// Ends the current wait, or the next one at once.
    func raise() {
        isRaised = true
        resume()
    }

    /// Returns when the signal has been raised since the last wait, or the time is up.
    func wait(atMost limit: Duration? = nil) async {
        if !isRaised {
            await withCheckedContinuation { continuation in
                // Others may have run since the look above.
                guard !isRaised else { return continuation.resume() }
                precondition(waiter == nil, "a signal has one waiter")
                waiter = continuation
                if let limit { timer = ControlPlane.loop.schedule(after: limit) { [weak self] in self?.resume() } }
            }
        }
        isRaised = false
    }

    private func resume() {
        guard let waiter else { return }
        self.waiter = nil
        if let timer { ControlPlane.loop.cancel(timer) }
        timer = nil
        waiter.resume()
    }
}

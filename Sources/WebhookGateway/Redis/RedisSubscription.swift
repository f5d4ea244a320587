/// A connection that listens to one channel. Messages are hints: what is published while it is away, or where the login
/// may not subscribe, never comes.
final class RedisSubscription {
    /// Called for each message, and when the channel is listened to (again), since some may have been missed.
    var received: (() -> Void)?

    private let connection: RedisConnection
    private let channel: String

    init(_ settings: RedisSettings, channel: String, loop: EventLoop) {
        self.channel = channel
        connection = RedisConnection(settings, scripts: [], loop: loop)
        connection.pushed = { [weak self] _ in self?.received?() }
        connection.stateChanged = { [weak self] isReady, _ in
            if isReady { self?.subscribe() }
        }
    }

    func start() { connection.start() }

    func stop() { connection.stop() }

    private func subscribe() {
        connection.send(["SUBSCRIBE", .text(channel)]) { [weak self] result in
            // Refused: it is done without messages.
            if case .success(.error) = result { return }
            if case .success = result { self?.received?() }
        }
    }
}

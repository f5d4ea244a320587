/// Asks sentinels, one after the other, where a master is; the first that knows is believed.
///
/// Sentinel's rules for clients: redis.io/docs/latest/develop/reference/sentinel-clients.
final class SentinelInquiry {
    typealias Completion = (Result<[SocketAddress], ResolutionFailure>) -> Void

    private let sentinels: [HostAndPort]
    private let master: String
    private let settings: RedisSettings
    private let loop: EventLoop
    private let completion: Completion
    private var connection: RedisConnection?
    private var problems: [String] = []
    private var isDone = false

    init(
        _ sentinels: [HostAndPort], master: String, settings: RedisSettings, loop: EventLoop,
        completion: @escaping Completion
    ) {
        // No sentinel shall carry the load of all gateways, and one that hangs must not come first every time.
        self.sentinels = sentinels.shuffled()
        self.master = master
        self.settings = settings
        self.loop = loop
        self.completion = completion
    }

    func start() { ask(0) }

    private func ask(_ index: Int) {
        guard index < sentinels.count else {
            return finish(.failure(ResolutionFailure(host: master, reason: problems.joined(separator: "; "))))
        }
        let sentinel = sentinels[index]
        var own = RedisSettings(place: .tcp(host: sentinel.host, port: UInt16(clamping: sentinel.port)))
        own.mustBeMaster = false
        own.connectDeadline = settings.connectDeadline
        own.commandDeadline = settings.connectDeadline
        let connection = RedisConnection(own, scripts: [], loop: loop)
        self.connection = connection
        var isAnswered = false
        // The closures keep this object alive until the last sentinel has been heard.
        let next = { [self] (problem: String) in
            guard !isAnswered else { return }
            isAnswered = true
            problems.append("sentinel \(sentinel): \(problem)")
            loop.schedule(after: .zero) {
                connection.stateChanged = nil
                connection.stop()
                self.ask(index + 1)
            }
        }
        connection.stateChanged = { [self] isReady, reason in
            guard isReady else { return next(reason) }
            connection.send(["SENTINEL", "get-master-addr-by-name", .text(master)]) { result in
                guard case .success(let reply) = result else { return next("no answer") }
                guard let fields = reply.elements, fields.count == 2, let host = fields[0].string,
                    let port = fields[1].integer
                else { return next("it knows no master \(self.master)") }
                guard !isAnswered else { return }
                isAnswered = true
                self.loop.schedule(after: .zero) {
                    connection.stateChanged = nil
                    connection.stop()
                }
                Resolver.resolve(host, port: UInt16(clamping: port), on: self.loop) { self.finish($0) }
            }
        }
        connection.start()
    }

    private func finish(_ result: Result<[SocketAddress], ResolutionFailure>) {
        guard !isDone else { return }
        isDone = true
        connection = nil
        completion(result)
    }
}

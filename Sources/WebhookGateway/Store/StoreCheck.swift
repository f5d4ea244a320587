/// Looks at a Redis at the start, so that a gateway with an unfit one does not begin to serve.
@ControlPlane
struct StoreCheck {
    /// A Redis that must not be used.
    struct Unfit: Error, CustomStringConvertible {
        var description: String
    }

    private let configuration: RedisConfiguration
    private let log: Log

    init(_ configuration: RedisConfiguration, log: Log) {
        self.configuration = configuration
        self.log = log
    }

    /// Throws when the server is unfit. One that cannot be reached is no reason to stop: the workers examine it when it
    /// comes (`StoreGuard`).
    func run(_ settings: RedisSettings) async throws(Unfit) {
        let connection = RedisConnection(settings, scripts: [], loop: ControlPlane.loop)
        defer { connection.stop() }
        guard await connection.becomesReady(within: settings.connectDeadline) else {
            return log.warning("Redis cannot be reached yet; trying on", ["reason": .text(connection.problem)])
        }
        let examination = StoreExamination(settings, configuration)
        let verdict: StoreExamination.Verdict
        do throws(RedisFailure) {
            verdict = examination.verdict(try await connection.pipeline(examination.commands))
        } catch {
            return log.warning("Redis could not be examined", ["reason": .text(error.description)])
        }
        if let problem = verdict.problem { throw Unfit(description: problem) }
    }
}

/// Keeps a worker's events away from a Redis that has not been examined, or that is unfit: a server that comes back may
/// evict, hold another layout, or have lost its last writes.
final class StoreGuard {
    /// How often a server is looked at while the connection lasts: its set-up can be changed at any time.
    static let period = Duration.seconds(5)

    /// Whether events may go to the server that the connection leads to.
    private(set) var isFit = false
    /// Why not, for people.
    private(set) var problem = "Redis has not been examined yet"
    /// Told when `isFit` may have changed, and what was found.
    var examined: ((StoreExamination.Verdict) -> Void)?

    private let examination: StoreExamination
    private let connection: RedisConnection
    private let keys: Keys
    private let tally: StoreTally?
    /// Counts connections: an answer of an earlier one says nothing about the present server.
    private var epoch = 0

    init(_ examination: StoreExamination, connection: RedisConnection, keys: Keys, tally: StoreTally?) {
        self.examination = examination
        self.connection = connection
        self.keys = keys
        self.tally = tally
    }

    /// The connection was made or lost.
    func connectionChanged() {
        epoch += 1
        isFit = false
        problem = connection.isReady ? "Redis has not been examined yet" : connection.problem
        if connection.isReady { examine() }
    }

    private func examine() {
        let epoch = epoch
        var commands = examination.commands
        let count = commands.count
        if let tally { commands.append(["HGET", .text(keys.ledger), .text(tally.field)]) }
        var replies: [RedisReply] = []
        for command in commands {
            connection.send(command) { [weak self] result in
                guard let self, self.epoch == epoch, case .success(let reply) = result else { return }
                replies.append(reply)
                guard replies.count == commands.count else { return }
                self.judge(self.examination.verdict(Array(replies[..<count])), counted: replies.last)
            }
        }
        connection.loop.schedule(after: Self.period) { [weak self] in
            guard let self, self.epoch == epoch else { return }
            self.examine()
        }
    }

    private func judge(_ verdict: StoreExamination.Verdict, counted: RedisReply?) {
        isFit = verdict.problem == nil
        problem = verdict.problem ?? ""
        switch counted {
        // A server that answers with an error knows nothing; one that has no such field has lost it.
        case .bytes?, .null?: if isFit { tally?.note(total: counted?.integer ?? 0, fresh: 0) }
        default: break
        }
        examined?(verdict)
    }
}

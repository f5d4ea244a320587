import Glibc
import Verifiers

/// `conform`: whether a worker keeps the queue protocol, whatever happens to it.
struct ConformCommand: Command {
    static let name = "conform"
    static let summary =
        "run a worker, kill it at bad moments, and tell what it loses; exit 1 when it breaks the protocol"
    static let usage = """
        webhook-gateway conform --queue QUEUE [--events N] [--faults N] [--seconds N] [--seed N] [--json] -- COMMAND…

        Runs COMMAND against a Redis of its own (never the configured one) that is given made-up events. Meanwhile the
        worker is killed with -9, paused until its lease has lapsed and another has taken over, and cut off, at random
        moments; then it is told what became of each event:

          lost     it left Redis without being finished
          doubled  it was handed out again; expected when a fault came between, else the worker's mistake
          stuck    it is still there and nobody will finish it
        Exits 0 when nothing is lost, stuck or doubled without a fault; else 1, with what to mend.

        The worker finds in its environment: REDIS_URL (redis://127.0.0.1:PORT), REDIS_SOCKET (the same server's path),
        WEBHOOK_QUEUE, WEBHOOK_PREFIX (what keys start with) and WEBHOOK_REPORT: a list to which it may RPUSH the id of
        each event when the work for it is done. With these reports, work that was never done though the event was
        removed is found, too; without them the worker's LREM is believed.

          --queue QUEUE   the queue that it consumes
          --events N      how many events; 2000
          --faults N      how many faults; 40
          --seconds N     the longest time; 60. A slow worker gets fewer events
          --seed N        repeats the faults of an earlier trial; else a new one, printed
          --json          the result as one JSON object
        """

    private let queue: String
    private let events: Int
    private let faults: Int
    private let seconds: Int
    private let seed: UInt64
    private let isJSON: Bool
    private let program: String
    private let words: [String]

    init(_ arguments: inout Arguments) throws(UsageError) {
        guard let queue = try arguments.value("--queue") else {
            throw UsageError("--queue is missing: the queue that the worker consumes")
        }
        if let problem = TextRule.name.problem(queue) { throw UsageError(problem) }
        self.queue = queue
        events = try arguments.integer("--events", in: 1...20_000) ?? 2000
        faults = try arguments.integer("--faults", in: 0...1000) ?? 40
        seconds = try arguments.integer("--seconds", in: 5...3600) ?? 60
        seed = try arguments.integer("--seed", in: 0...Int.max).map { UInt64($0) } ?? UInt64.random(in: 0...0xFFFF_FFFF)
        isJSON = try arguments.flag("--json")
        guard let program = arguments.rest.first else {
            throw UsageError("the worker is missing: conform --queue \(queue) -- python3 worker.py")
        }
        self.program = program
        words = Array(arguments.rest.dropFirst())
    }

    func run() async throws -> ExitCode {
        let path = getenv("PATH").map { String(cString: $0) }
        guard let program = program.contains("/") ? program : ChildProcess.find([program], path: path) else {
            throw UsageError("there is no program \(TextRule.quoted(program)) in PATH")
        }
        let plan = WorkerTrial.Plan(
            queue: queue, program: program, arguments: words, events: events, faults: faults, seconds: seconds,
            seed: seed)
        let result = try await Self.trial(plan, searchPath: path)
        if isJSON {
            Terminal.print(result.line.text)
        } else {
            Terminal.print(result.text)
            if !result.isConformant, !result.output.isEmpty {
                Terminal.printError("the worker's last words:")
                for line in result.output.split(whereSeparator: \.isNewline).suffix(8) {
                    Terminal.printError("  \(VisibleText.escaped(String(line)))")
                }
            }
        }
        return result.isConformant ? .success : .failure
    }

    @ControlPlane
    private static func trial(_ plan: WorkerTrial.Plan, searchPath: String?) async throws -> TrialResult {
        // Ctrl-C ends the trial and what it has started, and the count tells what was until then.
        var isInterrupted = false
        let signals = try Signals { if $0 != SIGCHLD { isInterrupted = true } }
        defer { withExtendedLifetime(signals) {} }
        Terminal.printError(
            "seed \(plan.seed): \(plan.events) events, \(plan.faults) faults, at most \(plan.seconds) s")
        let redis = try await TrialRedis(searchPath: searchPath)
        do {
            let result = try await WorkerTrial(plan, redis: redis) { isInterrupted }.run()
            await redis.stop()
            return result
        } catch {
            await redis.stop()
            throw error
        }
    }
}

import Verifiers

/// `queues`: what waits, and who takes it.
struct QueuesCommand: Command {
    static let name = "queues"
    static let summary = "list the queues, look into one, pause, resume or clear it"
    static let usage = """
        webhook-gateway queues list [--config FILE] [--json]
        webhook-gateway queues peek QUEUE [--count N] [--config FILE] [--json]
        webhook-gateway queues pause|resume|clear QUEUE [--config FILE]

        list    every queue: waiting, delayed and dead entries, consumers, what they have in work, the oldest entry's age
        peek    the events that will be taken next, without taking them
        pause   no worker gets anything from the queue, whatever its language; new events wait; what is in work goes on
        resume  workers get what waits, in the old order
        clear   discard what waits; the ledger counts it as discarded. Delayed, dead and what is in work stay

          --count N       how many events; 10
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          list: one object a queue; peek: the events as they lie on the queue, one a line
        """

    private enum Verb {
        case list
        case peek(String, count: Int)
        case pause(String)
        case resume(String)
        case clear(String)
    }

    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "peek", "pause", "resume", "clear"])
        configuration = try arguments.value("--config")
        isJSON = word == "list" || word == "peek" ? try arguments.flag("--json") : false
        let count = word == "peek" ? try arguments.integer("--count", in: 1...10_000) : nil
        switch word {
        case "peek": verb = .peek(try Self.queue(&arguments), count: count ?? 10)
        case "pause": verb = .pause(try Self.queue(&arguments))
        case "resume": verb = .resume(try Self.queue(&arguments))
        case "clear": verb = .clear(try Self.queue(&arguments))
        default: verb = .list
        }
    }

    private static func queue(_ arguments: inout Arguments) throws(UsageError) -> String {
        let name = try arguments.positional("the queue")
        if let problem = TextRule.name.problem(name) { throw UsageError(problem) }
        return name
    }

    func run() async throws -> ExitCode {
        try await StoreSession.run(configuration) { session in
            switch verb {
            case .list: try await list(session)
            case .peek(let queue, let count): try await peek(session, queue, count)
            case .pause(let queue):
                Self.tell(try await session.control(queue).pause(), queue, "paused", was: "it was paused before")
            case .resume(let queue):
                Self.tell(try await session.control(queue).resume(), queue, "resumed", was: "it was not paused")
            case .clear(let queue):
                let count = try await session.control(queue).clear()
                Terminal.print("\(queue): \(count) \(count == 1 ? "entry" : "entries") discarded")
            }
        }
        return .success
    }

    @ControlPlane
    private func list(_ session: StoreSession) async throws {
        let now = Clock.unixMilliseconds()
        var table = TextTable(
            ["QUEUE", "WAITING", "DELAYED", "DEAD", "CONSUMERS", "IN WORK", "OLDEST", "STATE"])
        for queue in try await session.ledger().queues {
            let oldest = try await session.control(queue.name).oldest().map { max(0, now - $0) }
            let flow = queue.flow
            if isJSON {
                var line = JSONLine()
                line.add("queue", queue.name)
                line.add("waiting", flow.waiting)
                line.add("delayed", flow.delayed)
                line.add("dead", flow.dead)
                line.add("quarantined", queue.quarantined)
                line.add("consumers", queue.consumers)
                line.add("inFlight", flow.inFlight)
                line.add("oldestSeconds", oldest.map { Int($0 / 1000) })
                line.add("paused", queue.pausedSince != nil)
                Terminal.print(line.text)
            } else {
                table.add([
                    queue.name, "\(flow.waiting)", "\(flow.delayed)",
                    "\(flow.dead)" + (queue.quarantined > 0 ? " + \(queue.quarantined) quarantined" : ""),
                    "\(queue.consumers)", "\(flow.inFlight)", oldest.map { Moment.length(milliseconds: $0) } ?? "-",
                    queue.pausedSince.map { "paused for \(Moment.length(milliseconds: now - $0))" } ?? "open",
                ])
            }
        }
        if !isJSON { table.print() }
    }

    @ControlPlane
    private func peek(_ session: StoreSession, _ queue: String, _ count: Int) async throws {
        let entries = try await session.control(queue).peek(count)
        var table = TextTable(["ID", "RECEIVED", "SOURCE", "TYPE", "SUBJECT"])
        for entry in entries {
            do throws(MalformedBody) {
                let event = try Event(json: entry)
                if isJSON { Terminal.printJSON(String(decoding: entry, as: UTF8.self)) }
                table.add([
                    event.id, event.receivedAt.map(Moment.text) ?? "-", event.source, event.type, event.subject ?? "-",
                ])
            } catch {
                let junk = DeadEntry.junk(entry, reason: error.reason, category: .dataError)
                if isJSON { Terminal.printJSON(String(decoding: junk, as: UTF8.self)) }
                table.add(["-", "-", "-", "not an event", error.reason])
            }
        }
        if !isJSON { table.print() }
    }

    private static func tell(_ change: QueueControl.Change, _ queue: String, _ done: String, was: String) {
        switch change {
        case .done(let waiting):
            Terminal.print("\(queue): \(done); \(waiting) \(waiting == 1 ? "entry" : "entries") waiting")
        case .unchanged: Terminal.print("\(queue): \(was); nothing changed")
        }
    }
}

extension StoreSession {
    fileprivate func control(_ queue: String) -> QueueControl {
        QueueControl(
            queue: queue, connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds)
    }
}

import Verifiers

/// `queues`: what waits, and who takes it.
struct QueuesCommand: Command {
    static let name = "queues"
    static let summary = "list the queues, look into one, pause, resume or clear it"
    static let usage = """
        webhook-gateway queues list [--json]
        webhook-gateway queues peek QUEUE [--count N] [--json]
        webhook-gateway queues pause|resume|clear QUEUE

        list    every queue: waiting, delayed and dead entries, consumers, what they have in work, the oldest entry's age
        peek    the events that will be taken next, without taking them
        pause   no worker gets anything from the queue, whatever its language; new events wait; what is in work goes on
        resume  workers get what waits, in the old order
        clear   discard what waits; the ledger counts it as discarded. Delayed, dead and what is in work stay

          --count N       how many events; 10
        \(AdminPlace.help)
          --json          list: one object a queue; peek: the events as they lie on the queue, one a line
        """

    private enum Verb {
        case list
        case peek(String, count: Int)
        case change(Change, String)
    }

    private enum Change: String, CaseIterable {
        case pause, resume, clear
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "peek"] + Change.allCases.map(\.rawValue))
        place = try arguments.adminPlace()
        if let change = Change(rawValue: word) {
            isJSON = false
            verb = .change(change, try Self.queue(&arguments))
            return
        }
        isJSON = try arguments.flag("--json")
        guard word == "peek" else {
            verb = .list
            return
        }
        let count = try arguments.integer("--count", in: 1...1000) ?? 10
        verb = .peek(try Self.queue(&arguments), count: count)
    }

    private static func queue(_ arguments: inout Arguments) throws(UsageError) -> String {
        let name = try arguments.positional("the queue")
        if let problem = TextRule.name.problem(name) { throw UsageError(problem) }
        return name
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .list: list(try await client.all("/queues"))
            case .peek(let queue, let count):
                try await client.expect("queue", [queue], in: "/queues")
                peek(try await client.get("/queues/\(queue)/peek", [("count", "\(count)")]).elements("items"))
            case .change(let change, let queue):
                try await client.expect("queue", [queue], in: "/queues")
                tell(change, queue, try await client.post("/queues/\(queue)/\(change.rawValue)"))
            }
            return .success
        }
    }

    private func list(_ queues: [Row]) {
        let now = Clock.unixMilliseconds()
        var table = TextTable(
            ["QUEUE", "WAITING", "DELAYED", "DEAD", "CONSUMERS", "IN WORK", "OLDEST", "STATE"],
            optional: ["DELAYED", "CONSUMERS"])
        for queue in queues {
            if isJSON {
                var line = JSONLine()
                line.add("queue", queue["queue"])
                for name in [
                    "waiting", "delayed", "dead", "quarantined", "consumers", "inFlight", "oldestSeconds",
                ] { line.add(name, queue.integer(name)) }
                line.add("paused", queue["pausedSince"] != nil)
                Terminal.print(line.text)
            } else {
                let quarantined = queue.integer("quarantined") ?? 0
                table.add([
                    queue["queue"] ?? "-", queue["waiting"] ?? "-", queue["delayed"] ?? "-",
                    (queue["dead"] ?? "-") + (quarantined > 0 ? " + \(quarantined) quarantined" : ""),
                    queue["consumers"] ?? "-", queue["inFlight"] ?? "-",
                    queue.integer("oldestSeconds").map { Moment.length(milliseconds: Int64($0) * 1000) } ?? "-",
                    queue.moment("pausedSince").map { "paused for \(Moment.length(milliseconds: now - $0))" } ?? "open",
                ])
            }
        }
        if !isJSON { table.print() }
    }

    private func peek(_ entries: [[UInt8]]) {
        if isJSON { return entries.forEach { Terminal.printJSON(String(decoding: $0, as: UTF8.self)) } }
        var table = TextTable(["ID", "RECEIVED", "SOURCE", "TYPE", "SUBJECT"])
        for entry in entries {
            do throws(MalformedBody) {
                let event = try Event(json: entry)
                table.add([
                    event.id, event.receivedAt.map(Moment.text) ?? "-", event.source, event.type, event.subject ?? "-",
                ])
            } catch {
                table.add(["-", "-", "-", "not an event", Row(entry)?["deadreason"] ?? error.reason])
            }
        }
        table.print()
    }

    private func tell(_ change: Change, _ queue: String, _ answer: Row) {
        let count = answer.integer("entries") ?? 0
        let entries = "\(count) \(count == 1 ? "entry" : "entries")"
        switch (change, answer.flag("changed")) {
        case (.clear, _): Terminal.print("\(queue): \(entries) discarded")
        case (.pause, true): Terminal.print("\(queue): paused; \(entries) waiting")
        case (.resume, true): Terminal.print("\(queue): resumed; \(entries) waiting")
        case (.pause, false): Terminal.print("\(queue): it was paused before; nothing changed")
        case (.resume, false): Terminal.print("\(queue): it was not paused; nothing changed")
        }
    }
}

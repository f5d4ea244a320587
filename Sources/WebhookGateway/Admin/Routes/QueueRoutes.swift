import Verifiers

/// Queues as a whole: look, pause, resume, clear, recover what dead workers hold.
enum QueueRoutes {
    private static let queue: [Shape.Member] = [
        Shape.Member("queue", .string), Shape.Member("waiting", .integer(0 ... .max)),
        Shape.Member("inFlight", .integer(0 ... .max)), Shape.Member("delayed", .integer(0 ... .max)),
        Shape.Member("dead", .integer(.min ... .max)), Shape.Member("quarantined", .integer(.min ... .max)),
        Shape.Member("entered", .integer(0 ... .max), "ever"), Shape.Member("done", .integer(0 ... .max), "ever"),
        Shape.Member("consumers", .integer(0 ... .max), "whose lease holds"),
        Shape.Member("oldestSeconds", .optional(.integer(0 ... .max)), "the age of what is taken next"),
        Shape.Member("enteredPerMinute", .integer(0 ... .max), "in the last full minute"),
        Shape.Member("pausedSince", .optional(.moment)),
    ]

    private static let name = Shape.Member("queue", .name, "a queue's name")
    private static let changed = Shape.record([
        Shape.Member("queue", .string), Shape.Member("changed", .boolean, "false: it was so before"),
        Shape.Member("entries", .optional(.integer(0 ... .max)), "that wait, or were discarded"),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/queues", "queues.list", "Every queue: depth, rate, oldest age, consumers", .role(.viewer),
            .installation, query: Shape.Member.part, answer: .page("The queues.", of: .record(queue)), handle: list),
        Route(
            .get, "/api/v1/queues/{queue}/peek", "queues.peek", "The entries that are taken next; none is taken",
            .role(.viewer), .installation, parameters: [name],
            query: [Shape.Member("count", .integer(1...1000), "how many; 10")],
            answer: .page("As they lie there; what is no event is wrapped as a dead entry.", of: .anything)
        ) { request, services in
            let control = try await known(request, services)
            let entries = try await control.peek(request.query("count").flatMap { Int($0) } ?? 10)
            return .page(entries.map(entry), next: nil)
        },
        change("pause", "No worker gets anything from the queue; new events wait") { control in
            answer(control.queue, try await control.pause())
        },
        change("resume", "Workers get what waits, in the old order") { control in
            answer(control.queue, try await control.resume())
        },
        change("clear", "Discard what waits; the ledger counts it") { control in
            answer(control.queue, .done(waiting: try await control.clear()))
        },
        Route(
            .post, "/api/v1/queues/recover", "queues.recover",
            "Give back the work of consumers whose lease has lapsed, now", .role(.operator), .installation,
            answer: .page(
                "Queues where something happened.",
                of: .record(
                    [Shape.Member("queue", .string)]
                        + ["returned", "dead", "due"].map { Shape.Member($0, .integer(0 ... .max)) }))
        ) { _, services in
            let reaper = QueueReaper(
                connection: services.connection, keys: services.keys,
                mostReturns: services.configuration.queues.maxReturns)
            let rounds = try await reaper.round()
            return .page(
                rounds.map { round in
                    var line = JSONLine()
                    line.add("queue", round.queue)
                    line.add("returned", round.returned)
                    line.add("dead", round.dead)
                    line.add("due", round.due)
                    return line.json
                }, next: nil)
        },
    ]

    /// An entry as it lies there, if it is an event.
    private static func entry(_ bytes: [UInt8]) -> [UInt8] {
        do throws(MalformedBody) {
            _ = try Event(json: bytes)
            return bytes
        } catch {
            return DeadEntry.junk(bytes, reason: error.reason, category: .dataError)
        }
    }

    private static func change(
        _ verb: String, _ summary: String,
        _ work: @escaping @ControlPlane @Sendable (QueueControl) async throws -> Reply
    ) -> Route {
        Route(
            .post, "/api/v1/queues/{queue}/\(verb)", "queues.\(verb)", summary, .role(.operator), .installation,
            parameters: [name], answer: .json("The queue.", changed)
        ) { request, services in
            return try await work(try await known(request, services))
        }
    }

    @ControlPlane
    private static func known(_ request: AdminRequest, _ services: AdminServices) async throws -> QueueControl {
        let queue = request.path("queue")
        let ledger = try await services.ledger()
        guard ledger.queues.contains(where: { $0.name == queue }) else {
            throw Problem(.notFound, "There is no queue \(TextRule.quoted(queue)).")
        }
        return services.control(of: queue)
    }

    private static func answer(_ queue: String, _ change: QueueControl.Change) -> Reply {
        var line = JSONLine()
        line.add("queue", queue)
        switch change {
        case .done(let count):
            line.add("changed", true)
            line.add("entries", count)
            return .json(line, note: "\(count) entries")
        case .unchanged:
            line.add("changed", false)
            line.add("entries", nil as Int?)
            return .json(line, note: "was so before")
        }
    }

    @ControlPlane
    private static func list(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let now = Clock.unixMilliseconds()
        let rates = try await services.stats.lastMinute()
        var items: [[UInt8]] = []
        for queue in try await services.ledger().queues {
            let oldest = try await services.control(of: queue.name).oldest()
            var line = JSONLine()
            line.add("queue", queue.name)
            line.add("waiting", queue.flow.waiting)
            line.add("inFlight", queue.flow.inFlight)
            line.add("delayed", queue.flow.delayed)
            line.add("dead", queue.flow.dead)
            line.add("quarantined", queue.quarantined)
            line.add("entered", queue.flow.entered)
            line.add("done", queue.flow.done)
            line.add("consumers", queue.consumers)
            line.add("oldestSeconds", oldest.map { Int(max(0, now - $0) / 1000) })
            line.add("enteredPerMinute", rates["queue:\(queue.name):entered"] ?? 0)
            line.add("pausedSince", queue.pausedSince.map(Timestamp.text))
            items.append(line.json)
        }
        return try request.page(items)
    }
}

import Verifiers

/// `events replay FILTERS`: the gateway sends them, at its pace; here it is begun and watched.
@ControlPlane
struct BulkReplay {
    private static let interval = Duration.milliseconds(250)
    /// When nothing has moved for so long, nobody seems to work on it.
    private static let patience = Duration.seconds(10)

    let filter: EventSelection
    let options: ReplayOptions
    let isJSON: Bool
    let client: AdminClient

    func run() async throws -> ExitCode {
        try await options.expectNames(client)
        var body = JSONLine()
        body.add("filter", json: filter.json.json)
        if !options.destinations.isEmpty {
            body.add("destinations", list: options.destinations.map(\.quotedJSON))
        }
        options.add(to: &body)
        if let rate = options.rate { body.add("rate", rate) }
        if let budget = options.errorBudget { body.add("errorBudget", budget) }
        if options.isDryRun {
            body.add("dryRun", true)
            return try await show(plan: try await client.post("/replays", body))
        }
        // A call that is repeated because its answer was lost makes no second replay.
        let job = try await client.post("/replays", body, [("Idempotency-Key", RandomText.make())])
        if options.isDetached {
            if isJSON { Terminal.printJSON(job.text) } else { Terminal.print(Self.begun(job)) }
            return .success
        }
        return try await watch(job)
    }

    private static func begun(_ job: Row) -> String {
        let id = job["id"] ?? "-"
        return
            "replay \(id) has begun; `webhook-gateway replays show \(id)` tells how far it is, `replays cancel \(id)` ends it"
    }

    // MARK: Plan

    private func show(plan: Row) async throws -> ExitCode {
        if isJSON {
            Terminal.printJSON(plan.text)
            return .success
        }
        let events = plan.integer("events") ?? 0
        let total = plan.integer("total") ?? events
        let rate = max(1, plan.integer("rate") ?? 100)
        Terminal.print("events        \(events)")
        Terminal.print("bytes         \(ByteCount.text(plan.integer("bytes") ?? 0))")
        Terminal.print("oldest        \(plan["oldest"] ?? "-")")
        Terminal.print("newest        \(plan["newest"] ?? "-")")
        Terminal.print("destinations  \(VisibleText.escaped(try await targets(plan)))")
        Terminal.print(
            "takes about   \(Moment.length(milliseconds: Int64(total + rate - 1) / Int64(rate) * 1000)) at \(rate) a second"
        )
        Terminal.print("nothing was sent; without --dry-run it begins")
        return .success
    }

    private func targets(_ plan: Row) async throws -> String {
        let named = plan.texts("destinations")
        guard named.isEmpty else { return named.joined(separator: ", ") }
        let queue = plan["queue"] ?? Keys.eventsQueue
        guard queue == Keys.eventsQueue else { return "the queue \(queue)" }
        let enabled = try await client.all("/destinations").filter { $0.flag("enabled") }.compactMap {
            $0["destination"]
        }
        return "those that want them, of \(enabled.isEmpty ? "none that is enabled" : enabled.joined(separator: ", "))"
    }

    // MARK: Progress

    private func watch(_ begun: Row) async throws -> ExitCode {
        guard let id = begun["id"] else { return .failure }
        let path = "/replays/\(AdminCall.encoded(id))"
        Interruption.watch()
        Terminal.printError("\(Self.begun(begun)). Ctrl-C cancels it, too")
        var job = begun
        var last = ""
        var lastMove = ContinuousClock.now
        while let state = job["state"], state == "planning" || state == "running" {
            if Interruption.hasCome {
                job = try await cancel(path)
                break
            }
            let now = Self.progress(job)
            if now != last { (last, lastMove) = (now, .now) }
            let isStuck = ContinuousClock.now - lastMove > Self.patience
            Terminal.showProgress(
                now + (isStuck ? "; no gateway with the role admin seems to work on it: it goes on when one does" : ""))
            try await Task.sleep(for: Self.interval)
            job = try await client.get(path)
        }
        Terminal.showProgress(nil)
        return end(job, id)
    }

    private func cancel(_ path: String) async throws -> Row {
        do {
            return try await client.post("\(path)/cancel")
        } catch let refusal as AdminClient.Refusal where refusal.status == 409 {
            // It came to its end meanwhile.
            return try await client.get(path)
        }
    }

    private static func progress(_ job: Row) -> String {
        let (done, total) = (job.integer("done") ?? 0, job.integer("total") ?? 0)
        guard job["state"] == "running" else { return "looking for the events: \(total) so far" }
        let left = total - done - (job.integer("skipped") ?? 0) - (job.integer("failed") ?? 0)
        let rate = max(1, job.integer("rate") ?? 100)
        return "\(counts(job)); about \(Moment.length(milliseconds: Int64(max(0, left)) * 1000 / Int64(rate))) left"
    }

    /// `990 of 1000 sent, 8 still waiting there, 2 failed`.
    nonisolated static func counts(_ job: Row) -> String {
        var text = "\(job.integer("done") ?? 0) of \(job.integer("total") ?? 0) sent"
        if let skipped = job.integer("skipped"), skipped > 0 { text += ", \(skipped) still waiting there" }
        if let failed = job.integer("failed"), failed > 0 { text += ", \(failed) failed" }
        return text
    }

    private func end(_ job: Row, _ id: String) -> ExitCode {
        let state = job["state"] ?? "-"
        if isJSON {
            Terminal.printJSON(job.text)
        } else {
            Terminal.print("replay \(id) \(state == "done" ? "is done" : "is \(state)"): \(Self.counts(job))")
            if let reason = job["reason"] { Terminal.printError(VisibleText.escaped(reason)) }
            if state == "paused" { Terminal.printError("`webhook-gateway replays resume \(id)` goes on") }
        }
        return state == "done" && (job.integer("failed") ?? 0) == 0 ? .success : .failure
    }
}

/// A number of bytes as people read it.
enum ByteCount {
    /// `5.2 MB (5234567)`; under ten thousand the number alone.
    static func text(_ count: Int) -> String {
        guard count >= 10_000 else { return "\(count)" }
        let units = ["kB", "MB", "GB", "TB"]
        var value = Double(count) / 1000
        var unit = 0
        while value >= 1000, unit + 1 < units.count {
            value /= 1000
            unit += 1
        }
        return "\((value * 10).rounded() / 10) \(units[unit]) (\(count))"
    }
}

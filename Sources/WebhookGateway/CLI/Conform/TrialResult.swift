import Verifiers

/// What a trial has shown, and the verdict.
struct TrialResult {
    let queue: String
    let seed: UInt64
    var seconds = 0

    var kills = 0
    var pauses = 0
    var cuts = 0
    var lives = 0
    /// Workers that ended without being killed, and how the last of them did.
    var ownEnds = 0
    var lastEnd: String?
    /// The end of what the workers wrote.
    var output = ""

    var pushed = 0
    /// Gone from every list, as the protocol wants it (or as the worker has reported).
    var finished = 0
    /// On the dead list, by the worker's word.
    var givenUp = 0
    /// Gone without having been finished.
    var lost = 0
    /// Handed out (or, with reports, done) more than once, and how many of these no fault explains.
    var doubled = 0
    var unexplained = 0
    /// Still there at the end, though there was time enough.
    var stuck = 0
    /// Still there when the time was over.
    var unfinished = 0
    /// Whether the workers reported what they did.
    var hasReports = false
    var strange: [String: Int] = [:]

    /// Nothing moved any more when the trial ended.
    var isStill = false
    /// What lies in work lists: of consumers nobody watches; behind a lease without an end; of workers that live.
    var unwatched = 0
    var endless = 0
    var heldByLiving = 0

    var faults: Int { kills + pauses + cuts }

    var isConformant: Bool { lost == 0 && unexplained == 0 && stuck == 0 && finished > 0 && pushed > 0 }

    init(queue: String, seed: UInt64) {
        self.queue = queue
        self.seed = seed
    }

    /// Sorts every event into where it has come to.
    ///
    /// - Parameters:
    ///   - remaining: what still lies in the queue, the work lists and the delayed events.
    ///   - reports: ids that workers say they have done.
    mutating func count(
        _ events: TrialEvents, remaining: Set<[UInt8]>, dead: [[UInt8]], reports: [String], journal: TrialJournal
    ) {
        pushed = events.pushed
        strange = journal.strange
        hasReports = !reports.isEmpty
        let dead = Set(dead)
        givenUp = dead.count
        let reported = reports.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        for (event, id) in events.ids where !remaining.contains(event) && !dead.contains(event) {
            let isDone = hasReports ? reported[id] != nil : journal.finished.contains(event)
            if isDone { finished += 1 } else { lost += 1 }
        }
        if hasReports {
            let again = events.ids.filter { reported[$0.value, default: 0] > 1 }
            doubled = again.count
            unexplained = again.count { !events.handedAgain.contains($0.key) }
        } else {
            doubled = events.handedAgain.union(events.handedAgainUnharmed).count
            unexplained = events.handedAgainUnharmed.subtracting(events.handedAgain).count
        }
        let isStuck = isStill || finished == 0
        (stuck, unfinished) = isStuck ? (remaining.count, 0) : (0, remaining.count)
    }

    // MARK: Telling

    /// One line a figure, the verdict last.
    var text: String {
        var lines = [
            "faults    \(faults): \(kills) killed, \(pauses) paused past the lease, \(cuts) times all connections cut",
            "workers   \(lives) lives\(ownEnds > 0 ? "; \(ownEnds) ended by themselves, the last with \(lastEnd ?? "-")" : "")",
            "events    \(pushed): \(finished) finished, \(givenUp) given up, \(unfinished) not reached in time",
            "lost      \(lost)",
            "doubled   \(doubled)\(doubled > 0 ? ", \(unexplained) of them without a fault" : "")"
                + (hasReports ? " (as reported)" : " (handed out again)"),
            "stuck     \(stuck)",
        ]
        let reasons = reasons
        if isConformant {
            lines.append("verdict   the worker keeps the protocol (seed \(seed), \(seconds) s)")
        } else {
            lines.append("verdict   the worker BREAKS the protocol (seed \(seed), \(seconds) s)")
            lines += reasons.map { "  - \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// What is wrong, with what to do.
    var reasons: [String] {
        var reasons: [String] = []
        if finished == 0, lost == 0 {
            reasons.append(
                "no event was finished: does the worker take REDIS_URL and the queue \"\(queue)\" from its environment, and has it started?"
            )
        }
        if lost > 0 {
            reasons.append(
                hasReports
                    ? "events left Redis before they were done: finish (LREM) after the work, not before"
                    : "events left Redis without being finished: take with BLMOVE into a work list, finish with LREM")
        }
        for (command, count) in strange.sorted(by: { $0.key < $1.key }) where lost > 0 || stuck > 0 {
            reasons.append("seen \(count) times: \(command)")
        }
        if unexplained > 0 {
            reasons.append(
                "a lease lapsed while its worker was alive: renew it before each take, for longer than the wait and the job"
            )
        }
        if unwatched > 0 {
            reasons.append(
                "\(unwatched) in work lists of consumers that nobody watches: SADD the consumer before each take")
        }
        if endless > 0 { reasons.append("\(endless) behind a lease that never ends: SET it with EX") }
        if heldByLiving > 0 {
            reasons.append(
                "\(heldByLiving) in work lists of workers that live and do not finish them: use a new consumer name for each process, and look into the own work list before taking more"
            )
        }
        if stuck > 0, unwatched + endless + heldByLiving == 0 {
            reasons.append("the workers take no more events, though there are some")
        }
        return reasons
    }

    var line: JSONLine {
        var line = JSONLine()
        line.add("conformant", isConformant)
        line.add("queue", queue)
        line.add("seed", String(seed))
        line.add("seconds", seconds)
        for (name, value) in [
            ("faults", faults), ("killed", kills), ("paused", pauses), ("cut", cuts), ("lives", lives),
            ("endedByThemselves", ownEnds), ("events", pushed), ("finished", finished), ("givenUp", givenUp),
            ("notReached", unfinished), ("lost", lost), ("doubled", doubled), ("doubledWithoutFault", unexplained),
            ("stuck", stuck),
        ] {
            line.add(name, value)
        }
        line.add("reports", hasReports)
        line.add(
            "reasons",
            list: reasons.map { reason in
                var text: [UInt8] = []
                JSONWriter.append(reason, to: &text)
                return text
            })
        return line
    }
}

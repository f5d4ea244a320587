extension Ledger {
    /// The books as one line of JSON.
    var line: JSONLine {
        var line = JSONLine()
        line.add("balanced", unaccounted == 0)
        line.add("unaccounted", unaccounted)
        line.add("lostByStore", lostByStore)
        line.add("sources", list: sources.map(\.json))
        line.add("queues", list: queues.map(\.json))
        line.add("lanes", list: lanes.map(\.json))
        return line
    }

    /// Adds what lies in a spool: it was accepted, and the store has not heard of it yet.
    mutating func add(spooled: [String: Int]) {
        for (name, count) in spooled.sorted(by: { $0.key < $1.key }) {
            if !sources.contains(where: { $0.name == name }) { sources.append(Source(name: name)) }
            for index in sources.indices where sources[index].name == name {
                sources[index].accepted += count
                sources[index].spooled += count
            }
        }
        sources.sort { $0.name < $1.name }
    }
}

extension Ledger.Source {
    var json: [UInt8] {
        var line = JSONLine()
        line.add("source", name)
        line.add("accepted", accepted)
        line.add("queued", queued)
        line.add("duplicate", duplicate)
        line.add("discarded", discarded)
        line.add("quarantined", quarantined)
        line.add("spooled", spooled)
        line.add("unaccounted", unaccounted)
        return line.json
    }
}

extension Ledger.Queue {
    fileprivate var json: [UInt8] {
        var line = JSONLine()
        line.add("queue", name)
        flow.add(to: &line)
        line.add("quarantined", quarantined)
        line.add("consumers", consumers)
        line.add("paused", pausedSince != nil)
        line.add("doneByWorkersWord", isByWorkersWord)
        return line.json
    }
}

extension Ledger.Lane {
    var json: [UInt8] {
        var line = JSONLine()
        line.add("destination", name)
        flow.add(to: &line)
        line.add("skipped", skipped)
        return line.json
    }
}

extension Ledger.Flow {
    fileprivate func add(to line: inout JSONLine) {
        line.add("entered", entered)
        line.add("done", done)
        line.add("discarded", discarded)
        line.add("dead", dead)
        line.add("waiting", waiting)
        line.add("inFlight", inFlight)
        line.add("delayed", delayed)
        line.add("unaccounted", unaccounted)
    }
}

/// A value that is accepted but has no effect in this release.
struct AvailabilityNote: Sendable, Equatable {
    var keyPath: String
    /// What happens instead.
    var sentence: String
}

extension Configuration {
    /// The values that this release does not act on yet, so that `serve` can say so instead of ignoring them.
    func unavailable(_ known: KnownParts) -> [AvailabilityNote] {
        var notes = AvailabilityNotes()
        notes.add(redis)
        for source in sources {
            let path = "sources.\(source.name)"
            notes.add("\(path).ordered", source.ordered, "events may overtake each other")
        }
        for destination in destinations {
            notes.add(destination, sendsSingly: known.singleEventTypes.contains(destination.type))
        }
        return notes.list
    }
}

/// The one list of what is accepted but not acted on.
private struct AvailabilityNotes {
    var list: [AvailabilityNote] = []

    mutating func add(_ keyPath: String, _ isSet: Bool, _ sentence: String) {
        if isSet { list.append(AvailabilityNote(keyPath: keyPath, sentence: sentence)) }
    }

    mutating func add(_ redis: RedisConfiguration) {
        add("redis.partitions", redis.partitions != 1, "one partition is used")
    }

    mutating func add(_ destination: DestinationConfiguration, sendsSingly: Bool) {
        let path = "destinations.\(destination.name)"
        var batch = destination.batch
        // One event a request is what such a type does anyway.
        if batch.maxEvents == 1 { batch.maxEvents = nil }
        add(
            "\(path).batch", sendsSingly && batch != BatchConfiguration(),
            "the type \(destination.type) sends one event a request")
    }
}

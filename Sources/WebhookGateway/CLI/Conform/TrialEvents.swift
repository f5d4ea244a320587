import Verifiers

/// The events of a trial: made up, each with an id of its own, and recognised by their bytes.
struct TrialEvents {
    let count: Int
    /// How many the queue has been given.
    private(set) var pushed = 0
    /// Held by a worker when it was harmed: handed out once more for that reason.
    var handedAgain: Set<[UInt8]> = []
    /// Held by a worker whose lease lapsed although nobody harmed it.
    var handedAgainUnharmed: Set<[UInt8]> = []

    /// What has been pushed: the event → its id.
    private(set) var ids: [[UInt8]: String] = [:]
    private let start = Clock.unixMilliseconds()

    init(count: Int) {
        self.count = count
    }

    /// The next events, at most so many; none when all have been made.
    mutating func next(_ most: Int) -> [[UInt8]] {
        var batch: [[UInt8]] = []
        while batch.count < most, pushed < count {
            batch.append(event(pushed))
            pushed += 1
        }
        return batch
    }

    private mutating func event(_ number: Int) -> [UInt8] {
        let id = ULID(high: UInt64(start) << 16, low: UInt64(number)).description
        let time = Timestamp(unixMilliseconds: start + Int64(number)).formatted(.milliseconds)
        var data = JSONLine()
        data.add("number", number)
        // Beyond ASCII, as names are: a worker that decodes and encodes the event anew cannot remove it any more.
        data.add("name", "Zoë Łukasiewicz 東京")
        var line = JSONLine()
        for (name, value) in [
            ("specversion", "1.0"), ("id", id), ("source", "/webhooks/conform"), ("type", "payment.succeeded"),
            ("time", time), ("datacontenttype", "application/json"), ("tenant", "default"), ("provider", "conform"),
            ("providertype", "conform"), ("providerid", "conform-\(number)"), ("receivedat", time),
        ] {
            line.add(name, value)
        }
        line.add("data", json: data.json)
        ids[line.json] = id
        return line.json
    }
}

/// Random numbers that are the same for the same seed (SplitMix64), so that a trial can be repeated.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

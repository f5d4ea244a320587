import Verifiers

/// What Amplitude says of a request of which it took nothing: which events are bad, which go too fast.
struct AmplitudeRefusal {
    /// What Amplitude asks senders to wait with users that go too fast (30 events a second, averaged over 30 seconds).
    static let pause = Duration.seconds(30)

    private let document: JSONDocument

    init(_ document: JSONDocument) { self.document = document }

    private var error: String { document.string(of: document.member("error")) ?? "refused" }

    /// A wrong key has the status of a bad event.
    var isKeyInvalid: Bool { error.lowercased().hasPrefix("invalid api key") }

    /// The events that are bad, by their places, with the fields that are.
    func refused(_ entries: [BatchEntry]) -> [Int: DeliveryOutcome] {
        var reasons: [Int: [String]] = [:]
        let lists: [(StaticString, String)] = [
            ("events_with_missing_fields", "is missing"), ("events_with_invalid_fields", "is invalid"),
            ("events_with_invalid_id_lengths", "is too short"),
        ]
        for (list, problem) in lists {
            for field in document.children(of: document.member(list)) {
                let name = document.name(of: field) ?? "a field"
                for place in places(in: field, entries) { reasons[place, default: []].append("\(name) \(problem)") }
            }
        }
        for place in places(in: document.member("silenced_events"), entries) {
            reasons[place, default: []].append("its device is silenced")
        }
        return reasons.mapValues { .dead(.dataError, reason: "\(error): \($0.joined(separator: ", "))") }
    }

    /// The events whose user or device goes too fast, and those that have used up their day.
    func throttled(_ entries: [BatchEntry], unixMilliseconds: Int64) -> [Int: DeliveryOutcome] {
        var outcomes: [Int: DeliveryOutcome] = [:]
        for place in places(in: document.member("throttled_events"), entries) {
            outcomes[place] = .retry(.rateLimit, reason: error, after: Self.pause)
        }
        let exhausted = ["exceeded_daily_quota_users", "exceeded_daily_quota_devices"].flatMap { list in
            document.children(of: document.member(named: list)).compactMap { document.name(of: $0) }
        }
        let day: Int64 = 86_400_000
        let untilMidnight = Duration.milliseconds(day - unixMilliseconds % day)
        for (place, entry) in entries.enumerated() where exhausted.contains(entry.key) {
            outcomes[place] = .retry(
                .rateLimit, reason: "\(error): its user or device has used up Amplitude's daily quota",
                after: untilMidnight)
        }
        return outcomes
    }

    private func places(in list: JSONDocument.Node?, _ entries: [BatchEntry]) -> [Int] {
        document.children(of: list).compactMap { document.integer(of: $0).map(Int.init) }.filter {
            entries.indices.contains($0)
        }
    }
}

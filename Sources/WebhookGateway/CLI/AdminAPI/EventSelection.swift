import Verifiers

/// Which events a command line means; what is nil does not restrict.
struct EventSelection: Sendable {
    var source: String?
    var type: String?
    var status: String?
    var destination: String?
    var tenant: String?
    /// Text in the event or the raw body.
    var text: String?
    /// When it was received, in Unix milliseconds, both inclusive.
    var from: Int64?
    var to: Int64?

    static let help = """
          --source S      events of this source
          --type T        of this type; * stands for any run of characters: payment.*
          --status X      queued, forwarding (or waiting), delivered, partly, dead, discarded, skipped, quarantined
          --destination D events that this destination has had to do with
          --tenant T      of this tenant
          --q TEXT        with this text in the event or the raw body, or with this id
          --from, --until received in this time: 2026-11-21T08:41:00Z, Unix seconds, or how long ago (30m, 2h, 7d)
        """

    /// - Parameter takesTo: whether `--to` is another word for `--until`.
    init(_ arguments: inout Arguments, takesTo: Bool) throws(UsageError) {
        source = try arguments.value("--source")
        type = try arguments.value("--type")
        status = try arguments.value("--status")
        destination = try arguments.value("--destination")
        tenant = try arguments.value("--tenant")
        text = try arguments.value("--q")
        from = try arguments.moment("--from")
        to = try arguments.moment("--until")
        if takesTo, let other = try arguments.moment("--to") {
            guard to == nil else { throw UsageError("--to and --until say the same; give one of them") }
            to = other
        }
        if let status { try Self.check(status) }
    }

    private static func check(_ status: String) throws(UsageError) {
        let all = EventRoutes.statuses
        guard !all.contains(status) else { return }
        let guess = NearestName.to(status, among: all).map { "did you mean \($0)? " } ?? ""
        throw UsageError(
            "--status: \(TextRule.quoted(status)) is not a status; \(guess)there are \(all.joined(separator: ", "))")
    }

    /// Whether it means everything.
    var isOpen: Bool { members.isEmpty }

    /// As the API's query and the filter of a replay name them.
    var members: [(String, String)] {
        let all = [
            ("source", source), ("type", type), ("status", status), ("destination", destination), ("tenant", tenant),
            ("from", from.map(Moment.text)), ("to", to.map(Moment.text)), ("q", text),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    var query: [(String, String?)] { members.map { ($0, $1) } }

    var json: JSONLine {
        var line = JSONLine()
        for (name, value) in members { line.add(name, value) }
        return line
    }

    /// Fails when it names a source or a destination that there is not.
    @ControlPlane
    func expectNames(_ client: AdminClient) async throws {
        try await client.expect("source", source.map { [$0] } ?? [], in: "/sources")
        try await client.expect("destination", destination.map { [$0] } ?? [], in: "/destinations")
    }
}

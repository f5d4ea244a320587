import Verifiers

/// `events tail`: events as they come in, until somebody interrupts it.
extension EventsCommand {
    private static let interval = Duration.milliseconds(500)
    /// Events come into the index a moment after their arrival, so each look goes back a little.
    private static let overlap: Int64 = 3000

    @ControlPlane
    func tail(_ query: EventQuery, isJSON: Bool, _ session: StoreSession) async throws {
        let start = Clock.unixMilliseconds()
        var seen: [String: Int64] = [:]
        while true {
            var query = query
            let horizon = max(start, Clock.unixMilliseconds() - Self.overlap)
            query.from = horizon
            let page = try await session.eventSearch.list(query, limit: 10_000)
            for event in page.events.reversed() where seen[event.id] == nil {
                seen[event.id] = event.receivedAt
                if isJSON {
                    Terminal.printJSON(event.line.text)
                } else {
                    Terminal.print(
                        [
                            Moment.text(event.receivedAt), event.id, event.source, event.type, event.status.rawValue,
                            event.subject ?? "-",
                        ].map(VisibleText.escaped).joined(separator: "  "))
                }
            }
            seen = seen.filter { $0.value >= horizon - Self.overlap }
            try await Task.sleep(for: Self.interval)
        }
    }
}

import Verifiers

/// `events tail`: events as they come in, until somebody interrupts it. Of a gateway it is the stream of server-sent
/// events; over the store it looks again and again.
@ControlPlane
final class EventTail {
    /// The gateway ends a stream after a quarter of an hour.
    private static let longestStream = Duration.seconds(20 * 60)
    private static let pause = Duration.seconds(2)
    private static let interval = Duration.milliseconds(500)
    /// Events come into the index a moment after their arrival, so each look goes back a little.
    private static let overlap: Int64 = 3000

    private let filter: EventSelection
    private let isJSON: Bool
    private let client: AdminClient

    init(filter: EventSelection, isJSON: Bool, client: AdminClient) {
        self.filter = filter
        self.isJSON = isJSON
        self.client = client
    }

    func run() async throws {
        if let remote = client.remote { try await follow(remote) } else { try await look() }
    }

    private func show(_ event: Row) {
        guard filter.status == nil || filter.status == event["status"] else { return }
        if isJSON { return Terminal.printJSON(event.text) }
        let cells = ["receivedAt", "id", "source", "type", "status", "subject"].map { event[$0] ?? "-" }
        Terminal.print(cells.map(VisibleText.escaped).joined(separator: "  "))
    }

    // MARK: Over the stream

    /// Follows the stream; when it breaks, goes on after the last event that came.
    private func follow(_ remote: RemoteTransport) async throws {
        var reader = EventStreamReader()
        var hasBegun = false
        while true {
            let query = [("source", filter.source), ("type", filter.type), ("tenant", filter.tenant)]
            var call = AdminCall(method: .get, path: "/events/stream")
            call.query = query.compactMap { name, value in value.map { (name, $0) } }
            if let last = reader.lastID { call.headers = [("Last-Event-ID", last)] }
            let stream = StreamState(reader)
            do {
                let answer = try await remote.stream(call, within: Self.longestStream) { [weak self] bytes in
                    for message in stream.read(bytes) { self?.take(message) }
                }
                guard answer.status == 200 else {
                    let refusal = client.refusal(answer)
                    guard hasBegun, answer.status >= 500 else { throw refusal }
                    Terminal.printError("\(refusal)")
                    try await Task.sleep(for: Self.pause)
                    continue
                }
                hasBegun = true
            } catch let failure as RemoteTransport.Unanswered where hasBegun || stream.hasBegun {
                hasBegun = true
                Terminal.printError("\(failure); trying again")
            }
            reader = stream.resumed
            try await Task.sleep(for: Self.pause)
        }
    }

    private func take(_ message: EventStreamReader.Message) {
        switch message.kind {
        case "event":
            if let event = Row(message.data.utf8) { show(event) }
        case "busy": Terminal.printError("the gateway has as many listeners as it serves; trying again")
        case "dropped":
            let count = Row(message.data.utf8)?["events"] ?? "some"
            Terminal.printError("\(count) events were left out, because they came faster than they were taken")
        default: break
        }
    }

    /// What the stream's callback and its owner share; both are on the control plane.
    @ControlPlane
    private final class StreamState {
        private var reader: EventStreamReader
        private(set) var hasBegun = false

        init(_ reader: EventStreamReader) { self.reader = reader }

        /// The reader for the next stream.
        var resumed: EventStreamReader { EventStreamReader(lastID: reader.lastID) }

        func read(_ bytes: [UInt8]) -> [EventStreamReader.Message] {
            hasBegun = true
            return reader.read(bytes)
        }
    }

    // MARK: Over the store

    private func look() async throws {
        let start = Clock.unixMilliseconds()
        var seen: [String: Int64] = [:]
        while true {
            var filter = filter
            let horizon = max(start, Clock.unixMilliseconds() - Self.overlap)
            filter.from = horizon
            for event in try await client.list("/events", filter.query, limit: 10_000).rows.reversed() {
                guard let id = event["id"], seen[id] == nil else { continue }
                seen[id] = event.moment("receivedAt") ?? horizon
                show(event)
            }
            seen = seen.filter { $0.value >= horizon - Self.overlap }
            try await Task.sleep(for: Self.interval)
        }
    }
}

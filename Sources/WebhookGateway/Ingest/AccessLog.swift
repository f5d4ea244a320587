import Verifiers

/// One line a request to a source (`listen.accessLog`), written by batches (`LogBatch`). On the way of a webhook nothing
/// is made a string of: the line is put together as bytes.
final class AccessLog {
    /// A delivery that the store has.
    struct Delivery {
        var source: String
        var outcome: RequestOutcome
        var request: ULID
        /// The first event's; a delivery has seldom more.
        var event: String
        var type: String
        var events: Int
        var microseconds: UInt64
        var peer: IPAddress?
    }

    let lines: LogBatch
    private let writesAccepted: Bool
    private let writesRefused: Bool
    private let log: Log
    private let loop: EventLoop
    /// The text of the millisecond that the loop is in.
    private var stamp: [UInt8] = []
    private var stampedAt: Int64 = -1

    init(_ setting: ListenConfiguration.AccessLog, log: Log, loop: EventLoop) {
        let isOn = log.level <= .info
        writesAccepted = isOn && setting == .all
        writesRefused = isOn && setting != .none
        self.log = log
        self.loop = loop
        lines = LogBatch(log, loop: loop)
    }

    func delivered(_ delivery: @autoclosure () -> Delivery) {
        guard writesAccepted else { return }
        let delivery = delivery()
        switch log.format {
        case .json:
            refreshStamp()
            lines.append { appendJSON(delivery, to: &$0) }
        case .human:
            lines.append { log.append(.info, "delivery", Self.fields(delivery), to: &$0) }
        }
    }

    /// A request that was answered with an error; `source` is nil when it went to none of ours.
    func refused(source: String?, status: Int, reason: String, _ context: RequestContext, peer: IPAddress?) {
        guard writesRefused else { return }
        lines.append { line in
            log.append(
                .info, "delivery refused",
                [
                    "source": .text(source), "status": .number(status), "reason": .text(reason),
                    "request": .text(context.requestID.description), "peer": .text(peer?.description),
                ], to: &line)
        }
    }

    private func appendJSON(_ delivery: Delivery, to line: inout [UInt8]) {
        line.append(literal: #"{"time":""#)
        line.append(contentsOf: stamp)
        line.append(literal: #"","level":"info","message":"delivery","source":"#)
        JSONWriter.append(delivery.source, to: &line)
        line.append(literal: #","outcome":""#)
        line.append(literal: delivery.outcome.label)
        line.append(literal: #"","request":""#)
        delivery.request.append(to: &line)
        line.append(literal: #"","event":"#)
        JSONWriter.append(delivery.event, to: &line)
        line.append(literal: #","type":"#)
        // Longer names are nobody's: they would only fill the log.
        if delivery.type.utf8.count <= Log.maximumTextBytes {
            JSONWriter.append(delivery.type, to: &line)
        } else {
            JSONWriter.append("(too long)" as StaticString, to: &line)
        }
        if delivery.events > 1 {
            line.append(literal: #","events":"#)
            line.append(decimal: delivery.events)
        }
        line.append(literal: #","microseconds":"#)
        JSONWriter.append(unsigned: delivery.microseconds, to: &line)
        if let peer = delivery.peer {
            line.append(literal: #","peer":""#)
            peer.append(to: &line)
            line.append(UInt8(ascii: "\""))
        }
        line.append(literal: "}\n")
    }

    private static func fields(_ delivery: Delivery) -> Log.Fields {
        [
            "source": .text(delivery.source), "outcome": .text(delivery.outcome.label.description),
            "request": .text(delivery.request.description), "event": .text(delivery.event),
            "type": .text(delivery.type),
            "events": delivery.events > 1 ? .number(delivery.events) : .absent,
            "microseconds": .number(delivery.microseconds), "peer": .text(delivery.peer?.description),
        ]
    }

    private func refreshStamp() {
        let now = loop.unixMilliseconds
        guard now != stampedAt else { return }
        stampedAt = now
        stamp.removeAll(keepingCapacity: true)
        Timestamp(unixMilliseconds: now).append(to: &stamp, precision: .milliseconds)
    }
}

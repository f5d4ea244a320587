import Verifiers

/// A delivery that was refused as unauthentic, as it is kept for a second look: without what is secret in it.
///
/// In Redis it is one string: a line of JSON, then the raw body.
struct Refusal: Sendable {
    /// Limits of what is kept (contract §5).
    enum Limit {
        /// Refusals of one source.
        static let entries = 200
        /// Bytes of a body; of a larger one only the head is kept.
        static let bodyBytes = 65_536
        /// Bytes of all refusals of one source.
        static let bytes = 1_048_576
        /// Refusals of one source from one address.
        static let perAddress = 5
        static let seconds = 3 * 86_400
        /// Bytes of the header fields that are kept; those of all proofs that there are fit many times over.
        static let headerBytes = 16_384
        static let targetBytes = 4_096
    }

    /// What became of the body.
    enum Body: String, Sendable {
        case kept
        /// Larger than `Limit.bodyBytes`.
        case tooLarge = "too_large"
        /// It holds what nobody may keep.
        case withheld
        /// It was accepted, and is with its events.
        case accepted
    }

    /// The request's id (`X-Request-Id`), a ULID: refusals sort by it as they arrived.
    var id: String
    var source: String
    var reason: VerificationFailure
    /// What the provider was answered.
    var status: Int
    /// Unix milliseconds.
    var receivedAt: Int64
    /// The client, trusted proxies resolved.
    var peer: IPAddress?
    var method: String
    /// Path and query, secrets sealed.
    var target: String
    /// The header fields, secrets sealed, without those of connections and proxies.
    var headers: [(name: String, value: String)]
    /// How large the body was.
    var bodyBytes: Int
    var bodyState: Body
    /// The key of this refusal's seals (`RefusalSeal`); never shown.
    var salt: [UInt8]
    /// The events that it has become; nil: it has not been accepted.
    var events: [String]?
    var body: ArraySlice<UInt8>

    /// As it is kept.
    var record: [UInt8] {
        var line = JSONLine()
        line.add("source", source)
        line.add("reason", reason.rawValue)
        line.add("status", status)
        line.add("receivedat", Int(receivedAt))
        line.add("peer", peer?.description)
        line.add("method", method)
        line.add("target", target)
        line.add("headers", list: headers.map { Self.list([$0.name, $0.value]) })
        line.add("bodybytes", bodyBytes)
        line.add("body", bodyState.rawValue)
        line.add("salt", String(decoding: Hex.encode(salt[...]), as: UTF8.self))
        line.add("events", json: events.map(Self.list) ?? [])
        return line.json + [EventRecord.lineEnd] + body
    }

    /// Reads a record; nil when it is none.
    init?(id: String, record: [UInt8]) {
        guard let end = record.firstIndex(of: EventRecord.lineEnd) else { return nil }
        var document = JSONDocument()
        guard (try? document.read(record[..<end])) != nil else { return nil }
        func text(_ name: StaticString) -> String? { document.string(of: document.member(name)) }
        func number(_ name: StaticString) -> Int64? { document.integer(of: document.member(name)) }
        guard let source = text("source"), let reason = text("reason").flatMap(VerificationFailure.init),
            let receivedAt = number("receivedat"), let method = text("method"), let target = text("target"),
            let bodyState = text("body").flatMap(Body.init),
            let salt = text("salt").flatMap({ Hex.decode(Array($0.utf8)[...]) })
        else { return nil }
        self.id = id
        self.source = source
        self.reason = reason
        self.receivedAt = receivedAt
        self.method = method
        self.target = target
        self.bodyState = bodyState
        self.salt = salt
        status = Int(number("status") ?? 401)
        peer = text("peer").flatMap { IPAddress($0) }
        headers = document.children(of: document.member("headers")).map { field in
            (
                document.string(of: document.element(0, of: field)) ?? "",
                document.string(of: document.element(1, of: field)) ?? ""
            )
        }
        bodyBytes = Int(number("bodybytes") ?? 0)
        let events = document.member("events")
        self.events =
            document.isNull(events) ? nil : document.children(of: events).compactMap { document.string(of: $0) }
        body = record[(end + 1)...]
    }

    init(
        id: String, source: String, reason: VerificationFailure, status: Int, receivedAt: Int64, peer: IPAddress?,
        method: String, target: String, headers: [(name: String, value: String)], bodyBytes: Int, bodyState: Body,
        salt: [UInt8], body: ArraySlice<UInt8>
    ) {
        self.id = id
        self.source = source
        self.reason = reason
        self.status = status
        self.receivedAt = receivedAt
        self.peer = peer
        self.method = method
        self.target = target
        self.headers = headers
        self.bodyBytes = bodyBytes
        self.bodyState = bodyState
        self.salt = salt
        self.body = body
    }

    private static func list(_ texts: [String]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONWriter.append(text, to: &bytes)
        }
        return bytes + [UInt8(ascii: "]")]
    }
}

/// Which refusals are meant; what is nil does not restrict.
struct RefusalFilter: Equatable, Sendable {
    var source: String?
    var reason: VerificationFailure?
    /// Unix milliseconds, both inclusive.
    var from: Int64?
    var to: Int64?

    func matches(_ refusal: Refusal) -> Bool {
        if let source, refusal.source != source { return false }
        if let reason, refusal.reason != reason { return false }
        return refusal.receivedAt >= from ?? .min && refusal.receivedAt <= to ?? .max
    }
}

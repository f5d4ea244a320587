import Verifiers

/// One event as it lies on a queue: its JSON, and the attributes that routing needs.
struct Event: Sendable {
    /// The CloudEvent as one line of JSON, exactly as queued.
    let json: [UInt8]
    /// The parsed envelope, over `json`.
    let document: JSONDocument
    let id: String
    let type: String
    /// The source's name in the configuration ("stripe"), from the CloudEvents `source` `/webhooks/<name>`.
    let source: String
    let tenant: String
    let subject: String?
    /// What a destination knows a repetition by: the id, or `<id>-r<n>` in the n-th forced replay.
    let deduplicationKey: String

    /// - Parameter forced: which forced replay this is, counted from 1; 0: none.
    init(json: [UInt8], forced: Int = 0) throws(MalformedBody) {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(json[...])
        } catch {
            throw MalformedBody("the event is \(error)")
        }
        func attribute(_ name: StaticString) throws(MalformedBody) -> String {
            guard let value = document.string(of: document.member(name)) else {
                throw MalformedBody("the event has no attribute \(name)")
            }
            return value
        }
        id = try attribute("id")
        deduplicationKey = forced == 0 ? id : Self.forcedKey(id, forced)
        type = try attribute("type")
        let source = try attribute("source")
        self.source = source.hasPrefix(Self.sourcePrefix) ? String(source.dropFirst(Self.sourcePrefix.count)) : source
        tenant = document.string(of: document.member("tenant")) ?? "default"
        subject = document.string(of: document.member("subject"))
        self.json = json
        self.document = document
    }

    /// When the gateway got it, in Unix milliseconds; nil when the event does not say.
    var receivedAt: Int64? {
        document.string(of: document.member("receivedat")).flatMap { Timestamp(rfc3339: Array($0.utf8)[...]) }.map {
            $0.seconds * 1000 + Int64($0.nanoseconds) / 1_000_000
        }
    }

    /// The event with its deduplication key for an id: what the mapping of a service reads that knows repetitions by a
    /// field which rules fill from `$.id`.
    var keyed: Event {
        guard deduplicationKey != id else { return self }
        var line = JSONLine()
        for member in document.children(of: .root) {
            guard let name = document.name(of: member) else { continue }
            var value: [UInt8] = []
            if name == "id" {
                JSONWriter.append(deduplicationKey, to: &value)
            } else {
                value = Array(document.text(of: member))
            }
            line.add(name, json: value)
        }
        return (try? Event(json: line.json)) ?? self
    }

    /// Which forced replay the event's attribute `dedupekey` says it is; 0: none.
    var forcedReplay: Int {
        guard let node = document.member("dedupekey"), let key = document.string(of: node), key.hasPrefix("\(id)-r"),
            let number = UInt32(key.dropFirst(id.count + 2))
        else { return 0 }
        return Int(number)
    }

    /// The deduplication key of an event's n-th forced replay.
    static func forcedKey(_ id: String, _ number: Int) -> String { "\(id)-r\(number)" }

    /// What the CloudEvents attribute `source` starts with.
    static let sourcePrefix = "/webhooks/"
}

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

    init(json: [UInt8]) throws(MalformedBody) {
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

    /// What the CloudEvents attribute `source` starts with.
    static let sourcePrefix = "/webhooks/"
}

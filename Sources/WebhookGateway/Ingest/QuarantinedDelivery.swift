import Verifiers

/// An authentic delivery that could not be made events, as it was archived, and what today's mapping makes of it.
struct QuarantinedDelivery {
    /// An event made of it.
    struct Remapped {
        var id: String
        /// The idempotency key.
        var key: String
        var json: [UInt8]
        /// What is archived of it from now on (`EventRecord`).
        var record: [UInt8]
    }

    /// Why it still cannot be made events.
    struct Unmappable: Error, Equatable {
        var reason: String
    }

    private let id: ULID
    private let record: EventRecord
    private let envelope: JSONDocument
    private let metadata: JSONDocument
    /// When it arrived.
    let receivedAt: Timestamp

    /// - Parameter record: the archived delivery, whose envelope says that it is quarantined.
    init(id text: String, record: EventRecord) throws(Unmappable) {
        self.record = record
        var (envelope, metadata) = (JSONDocument(), JSONDocument())
        do throws(JSONError) {
            try envelope.read(record.json)
            try metadata.read(record.metadata)
        } catch {
            throw Unmappable(reason: "its record is damaged (\(error))")
        }
        let receivedAt = envelope.string(of: envelope.member("receivedat"))
        guard let id = ULID(text), let moment = receivedAt.flatMap({ Timestamp(rfc3339: Array($0.utf8)[...]) }) else {
            throw Unmappable(reason: "its record is damaged (it has no id or no time)")
        }
        (self.id, self.envelope, self.metadata, self.receivedAt) = (id, envelope, metadata, moment)
    }

    /// The events of the delivery by the source's provider and mapping as they are now.
    ///
    /// Was it one event that failed, it is that event; was it the whole body, all that are in it, the first of which
    /// keeps the delivery's id.
    func remapped(by source: Source, ids: inout ULIDGenerator) throws(Unmappable) -> [Remapped] {
        var document = JSONDocument()
        let events: [ProviderEvent]
        do throws(MalformedBody) {
            events = try source.provider.events(
                in: record.delivery(to: source.name, metadata, receivedAt: receivedAt.seconds), document: &document)
        } catch {
            throw Unmappable(reason: error.reason)
        }
        let meant = meant(of: events)
        guard !meant.isEmpty else { throw Unmappable(reason: "the delivery holds no such event any more") }
        var remapped: [Remapped] = []
        for (index, event) in meant.enumerated() {
            let id = index == 0 ? id : ids.next(milliseconds: Clock.unixMilliseconds())
            let json = try json(event, in: document, id: id, by: source)
            let line = UInt8(ascii: "\n")
            remapped.append(
                Remapped(
                    id: id.description, key: event.key, json: json,
                    record: metadataWithoutReason + [line] + json + [line] + Array(record.body)))
        }
        return remapped
    }

    /// The envelope with another reason for the quarantine: what the dead list and the archive hold from now on.
    func quarantined(because reason: String) -> (entry: [UInt8], record: [UInt8]) {
        let entry = Self.object(envelope, replacing: "deadreason", with: reason)
        let line = UInt8(ascii: "\n")
        let metadata = Self.object(metadata, replacing: "reason", with: reason)
        return (entry, metadata + [line] + entry + [line] + Array(record.body))
    }

    // MARK: Steps

    private func meant(of events: [ProviderEvent]) -> [ProviderEvent] {
        let key = envelope.string(of: envelope.member("providerid"))
        if let event = events.first(where: { $0.key == key }) { return [event] }
        let wasUnreadable = envelope.string(of: envelope.member("providertype"))?.isEmpty ?? true
        return wasUnreadable || events.count == 1 ? events : []
    }

    private func json(_ event: ProviderEvent, in document: JSONDocument, id: ULID, by source: Source)
        throws(Unmappable) -> [UInt8]
    {
        if let defect = event.defect { throw Unmappable(reason: defect) }
        var data = ByteBuffer()
        let mapped: Mapper.Mapped
        do throws(MappingFailure) {
            mapped = try source.mapper.map(event, in: document, data: &data)
        } catch {
            throw Unmappable(reason: error.description)
        }
        let trace = envelope.string(of: envelope.member("traceparent")) ?? ""
        var json = ByteBuffer()
        source.envelope.append(
            EnvelopeWriter.Attributes(
                id: id, type: mapped.type, time: mapped.time ?? receivedAt, subject: mapped.subject,
                tenant: event.account.flatMap { source.tenants[$0] } ?? source.tenant, providerType: event.type,
                providerID: event.key, receivedAt: EnvelopeWriter.Attributes.stamp(receivedAt),
                traceparent: Array(trace.utf8)[...]),
            data: data, to: &json)
        return json.bytes
    }

    private var metadataWithoutReason: [UInt8] { Self.object(metadata, replacing: "reason", with: nil) }

    /// The object with one member's text replaced, or without the member.
    private static func object(_ document: JSONDocument, replacing replaced: String, with text: String?) -> [UInt8] {
        var line = JSONLine()
        for member in document.children(of: .root) {
            guard let name = document.name(of: member) else { continue }
            guard name != replaced else {
                if let text { line.add(name, text) }
                continue
            }
            var value: [UInt8] = []
            document.appendMinified(member, to: &value)
            line.add(name, json: value)
        }
        return line.json
    }
}

import Verifiers

/// The payload that an archived event was made from, and the provider's type of it.
struct ArchivedPayload {
    var type: String
    private let document: JSONDocument
    private let payload: JSONDocument.Node

    /// Nil for a record that is damaged, or cut off, or whose body the provider's reader does not take.
    init?(_ bytes: [UInt8], provider: any Provider, source: String) {
        guard let record = EventRecord(bytes) else { return nil }
        var (envelope, metadata, document) = (JSONDocument(), JSONDocument(), JSONDocument())
        guard (try? envelope.read(record.json)) != nil, (try? metadata.read(record.metadata)) != nil else { return nil }
        let delivery = record.delivery(to: source, metadata, receivedAt: 0)
        let key = envelope.string(of: envelope.member("providerid"))
        if let events = try? provider.events(in: delivery, document: &document),
            let event = events.first(where: { $0.key == key && $0.defect == nil })
        {
            (type, payload) = (event.type, event.payload)
        } else {
            // Of a large delivery with many events the archive holds only the event's own part.
            guard let type = envelope.string(of: envelope.member("providertype")),
                !(envelope.boolean(of: envelope.member("quarantined")) ?? false),
                (try? document.read(record.body)) != nil
            else { return nil }
            (self.type, payload) = (type, .root)
        }
        self.document = document
    }

    var observation: PayloadObservation { PayloadObservation(payload, of: document) }
}

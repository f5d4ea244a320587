import Verifiers

/// Writes the event: a CloudEvent in structured JSON on one line (contract §6; cloudevents.io, JSON format 1.0).
struct EnvelopeWriter {
    let source: String
    let provider: String
    /// How the archived metadata of the source's deliveries begins (`EventRecord`).
    let recordHead: [UInt8]
    private let head: [UInt8]
    private let providerMember: [UInt8]

    init(source: String, provider: String) {
        self.source = source
        self.provider = provider
        recordHead = EventRecord.head(source: source, provider: provider)
        var head: [UInt8] = Array(#"","source":"#.utf8)
        JSONWriter.append(Event.sourcePrefix + source, to: &head)
        self.head = head
        var member: [UInt8] = Array(#","provider":"#.utf8)
        JSONWriter.append(provider, to: &member)
        providerMember = member
    }

    /// What the envelope says beside the data.
    struct Attributes {
        var id: ULID
        var type: String
        var time: Timestamp
        var subject: String?
        var tenant: String
        var providerType: String
        /// The idempotency key.
        var providerID: String
        /// The time of arrival as text, with milliseconds.
        var receivedAt: ArraySlice<UInt8>
        var traceparent: ArraySlice<UInt8>
    }

    /// Why an event lies on the dead list, as extension attributes of the event itself.
    struct DeadLetter {
        var category: String
        var reason: String
    }

    /// Appends one event; `data` is a JSON text without line breaks.
    func append(_ attributes: Attributes, data: borrowing ByteBuffer, to output: inout ByteBuffer) {
        append(attributes, to: &output)
        output.append(literal: #","data":"#)
        output.append(data)
        output.append(UInt8(ascii: "}"))
    }

    /// Appends a delivery that did not become an event; it has no data.
    func append(_ attributes: Attributes, dead: DeadLetter, to output: inout ByteBuffer) {
        append(attributes, to: &output)
        append(dead, at: attributes.receivedAt, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    private func append(_ attributes: Attributes, to output: inout ByteBuffer) {
        output.append(literal: #"{"specversion":"1.0","id":""#)
        attributes.id.append(to: &output)
        output.append(head)
        output.append(literal: #","type":"#)
        JSONWriter.append(attributes.type, to: &output)
        output.append(literal: #","time":""#)
        attributes.time.append(to: &output, precision: .exact)
        output.append(UInt8(ascii: "\""))
        if let subject = attributes.subject, !subject.isEmpty {
            output.append(literal: #","subject":"#)
            JSONWriter.append(subject, to: &output)
        }
        output.append(literal: #","datacontenttype":"application/json","tenant":"#)
        JSONWriter.append(attributes.tenant, to: &output)
        output.append(providerMember)
        output.append(literal: #","providertype":"#)
        JSONWriter.append(attributes.providerType, to: &output)
        output.append(literal: #","providerid":"#)
        JSONWriter.append(attributes.providerID, to: &output)
        output.append(literal: #","receivedat":""#)
        output.append(attributes.receivedAt)
        // A trial has none, and an attribute is never empty.
        if !attributes.traceparent.isEmpty {
            output.append(literal: #"","traceparent":""#)
            output.append(attributes.traceparent)
        }
        output.append(UInt8(ascii: "\""))
    }

    private func append(_ dead: DeadLetter, at time: ArraySlice<UInt8>, to output: inout ByteBuffer) {
        output.append(literal: #","quarantined":true,"deadcategory":"#)
        JSONWriter.append(dead.category, to: &output)
        output.append(literal: #","deadreason":"#)
        JSONWriter.append(dead.reason, to: &output)
        output.append(literal: #","deadat":""#)
        output.append(time)
        output.append(UInt8(ascii: "\""))
    }
}

extension EnvelopeWriter.Attributes {
    /// A time of arrival as the envelope tells it, for those who make one event at a time.
    static func stamp(_ receivedAt: Timestamp) -> ArraySlice<UInt8> {
        var text: [UInt8] = []
        receivedAt.append(to: &text, precision: .milliseconds)
        return text[...]
    }
}

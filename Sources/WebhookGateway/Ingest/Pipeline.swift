import Verifiers

/// Decides on one delivery, step under step: verify, split, key, map. Pure but for the ids it makes; nothing has
/// touched the store.
struct Pipeline {
    /// What is to be done with a delivery.
    enum Decision {
        /// Not authentic.
        case refuse(VerificationFailure)
        /// Authentic; `events` may be quarantined ones, and may be none (QuickBooks allows an empty list).
        case store([NewEvent], secret: Int)
    }

    private var document = JSONDocument()
    private var data: [UInt8] = []
    private var trace: [UInt8] = []
    /// The time of arrival as text; deliveries of one millisecond share it.
    private var stamp: (milliseconds: Int64, text: [UInt8]) = (.min, [])

    /// - Parameter trustsTrace: whether the delivery came through a trusted proxy, whose `traceparent` is taken over.
    mutating func decide(
        _ delivery: Delivery, for source: Source, _ context: RequestContext, trustsTrace: Bool, ids: inout ULIDGenerator
    ) -> Decision {
        let secret: Int
        do throws(VerificationFailure) {
            secret = try source.provider.verify(delivery)
        } catch {
            return .refuse(error)
        }
        // The document looks at the connection's bytes; kept any longer it would make the next read copy them.
        defer { document.release() }
        readTrace(delivery, isTrusted: trustsTrace, &ids)
        let arrival = Arrival(delivery, source, context, secret, stamp: stamp(context.receivedAt))
        do throws(MalformedBody) {
            let events = try source.provider.events(in: delivery, document: &document)
            var stored: [NewEvent] = []
            stored.reserveCapacity(events.count)
            let metadata = events.isEmpty ? [] : arrival.metadata()
            for event in events { stored.append(map(event, arrival, metadata, alone: events.count == 1, &ids)) }
            return .store(stored, secret: secret)
        } catch {
            return .store([quarantine(nil, error.reason, arrival, &ids)], secret: secret)
        }
    }

    /// What all events of one delivery share.
    private struct Arrival {
        let delivery: Delivery
        let source: Source
        let context: RequestContext
        let secret: Int
        let receivedAt: Timestamp
        /// The same as text, with milliseconds.
        let stamp: ArraySlice<UInt8>

        init(_ delivery: Delivery, _ source: Source, _ context: RequestContext, _ secret: Int, stamp: [UInt8]) {
            self.delivery = delivery
            self.source = source
            self.context = context
            self.secret = secret
            receivedAt = Timestamp(unixMilliseconds: context.receivedAt)
            self.stamp = stamp[...]
        }

        func tenant(of event: ProviderEvent) -> String {
            event.account.flatMap { source.tenants[$0] } ?? source.tenant
        }

        func metadata(reason: String? = nil) -> [UInt8] {
            var line: [UInt8] = []
            line.reserveCapacity(1024)
            EventRecord.appendMetadata(
                head: source.envelope.recordHead, request: context.requestID, receivedAt: stamp, peer: delivery.peer,
                secret: secret, headers: delivery.headers, reason: reason, to: &line)
            return line
        }
    }

    private mutating func stamp(_ milliseconds: Int64) -> [UInt8] {
        if stamp.milliseconds != milliseconds {
            stamp.milliseconds = milliseconds
            stamp.text.removeAll(keepingCapacity: true)
            Timestamp(unixMilliseconds: milliseconds).append(to: &stamp.text, precision: .milliseconds)
        }
        return stamp.text
    }

    private mutating func map(
        _ event: ProviderEvent, _ arrival: Arrival, _ metadata: [UInt8], alone: Bool, _ ids: inout ULIDGenerator
    ) -> NewEvent {
        data.removeAll(keepingCapacity: true)
        let mapped: Mapper.Mapped
        do throws(MappingFailure) {
            mapped = try arrival.source.mapper.map(event, in: document, data: &data)
        } catch {
            return quarantine(event, error.description, arrival, &ids)
        }
        let attributes = EnvelopeWriter.Attributes(
            id: ids.next(milliseconds: arrival.context.receivedAt), type: mapped.type,
            time: mapped.time ?? arrival.receivedAt,
            subject: mapped.subject, tenant: arrival.tenant(of: event), providerType: event.type, providerID: event.key,
            receivedAt: arrival.stamp, traceparent: trace[...])
        var json: [UInt8] = []
        json.reserveCapacity(data.count + 512)
        arrival.source.envelope.append(attributes, data: data[...], to: &json)
        return NewEvent(
            id: attributes.id, type: mapped.type, key: event.key, json: json, metadata: metadata,
            body: body(of: event, arrival, alone: alone))
    }

    /// An authentic delivery that cannot become an event is kept with the reason. Without a key of its own it is told
    /// from others by its body, so that a provider that repeats it fills the dead list once.
    private func quarantine(
        _ event: ProviderEvent?, _ reason: String, _ arrival: Arrival, _ ids: inout ULIDGenerator
    ) -> NewEvent {
        let id = ids.next(milliseconds: arrival.context.receivedAt)
        let key = event?.key ?? "body-sha256:\(SHA256Hash.hex(of: arrival.delivery.body))"
        let type = "\(arrival.source.envelope.provider).\(event?.type ?? "unreadable")"
        var json: [UInt8] = []
        arrival.source.envelope.append(
            EnvelopeWriter.Attributes(
                id: id, type: type, time: event?.time ?? arrival.receivedAt, subject: event?.subject,
                tenant: event.map(arrival.tenant) ?? arrival.source.tenant, providerType: event?.type ?? "",
                providerID: key,
                receivedAt: arrival.stamp, traceparent: trace[...]),
            data: nil, dead: .init(category: FailureCategory.dataError.rawValue, reason: reason), to: &json)
        return NewEvent(
            id: id, type: type, key: key, json: json, metadata: arrival.metadata(reason: reason),
            // Where the body holds what nobody may keep, the provider's repetition is all there is.
            body: arrival.source.archivesEvents ? [] : arrival.delivery.body,
            isQuarantined: true)
    }

    /// The raw bytes kept with one event: the delivery's, unless many events would each keep a large one.
    private func body(of event: ProviderEvent, _ arrival: Arrival, alone: Bool) -> ArraySlice<UInt8> {
        let body = arrival.delivery.body
        if !arrival.source.archivesEvents, alone || body.count <= Self.largestSharedBody { return body }
        var element: [UInt8] = []
        document.appendMinified(event.payload, to: &element)
        return element[...]
    }

    private static let largestSharedBody = 4096

    private mutating func readTrace(_ delivery: Delivery, isTrusted: Bool, _ ids: inout ULIDGenerator) {
        trace.removeAll(keepingCapacity: true)
        if isTrusted, let given = TraceContext.accepted(delivery.headers.first("traceparent")) {
            trace.append(contentsOf: given)
        } else {
            TraceContext.appendNew(&ids, to: &trace)
        }
    }
}

extension Timestamp {
    /// The moment of a Unix time in milliseconds.
    init(unixMilliseconds: Int64) {
        let (seconds, rest) = unixMilliseconds.quotientAndRemainder(dividingBy: 1000)
        self.init(
            seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: Int32((rest < 0 ? rest + 1000 : rest) * 1_000_000))
    }
}

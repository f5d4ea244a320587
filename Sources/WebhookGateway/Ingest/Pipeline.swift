import Verifiers

/// Decides on one delivery, step under step: verify, split, key, map. Pure but for the ids it makes; nothing has
/// touched the store.
final class Pipeline {
    /// What is to be done with a delivery.
    enum Decision {
        /// Not authentic.
        case refuse(VerificationFailure)
        /// Authentic; `events` may be quarantined ones, and may be none (QuickBooks allows an empty list).
        case store([NewEvent], secret: Int)
    }

    /// A delivery that is authentic.
    private struct Arrival {
        let source: Source
        let secret: Int
        let request: ULID
        /// In Unix milliseconds.
        let receivedAt: Int64
    }

    // What is used again from delivery to delivery.
    private var document = JSONDocument()
    private var data = ByteBuffer()
    private var trace: [UInt8] = []
    /// The record being put together: first the line of metadata, which the delivery's events share.
    private var record = ByteBuffer(capacity: 16 * 1024)
    /// Where that line ends; nil: it is not there yet.
    private var metadataEnd: Int?
    /// The time of arrival as text; deliveries of one millisecond share it.
    private var stamp: (milliseconds: Int64, text: [UInt8]) = (.min, [])

    /// - Parameter trustsTrace: whether the delivery came through a trusted proxy, whose `traceparent` is taken over.
    func decide(
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
        refreshStamp(context.receivedAt)
        metadataEnd = nil
        let arrival = Arrival(
            source: source, secret: secret, request: context.requestID, receivedAt: context.receivedAt)
        do throws(MalformedBody) {
            let events = try source.provider.events(in: delivery, document: &document)
            var stored: [NewEvent] = []
            stored.reserveCapacity(events.count)
            for index in events.indices {
                stored.append(map(events[index], delivery, arrival, alone: events.count == 1, &ids))
            }
            return .store(stored, secret: secret)
        } catch {
            return .store([quarantine(nil, error.reason, delivery, arrival, &ids)], secret: secret)
        }
    }

    private func map(
        _ event: ProviderEvent, _ delivery: Delivery, _ arrival: Arrival, alone: Bool, _ ids: inout ULIDGenerator
    ) -> NewEvent {
        if let defect = event.defect { return quarantine(event, defect, delivery, arrival, &ids) }
        let source = arrival.source
        data.truncate(to: 0)
        let mapped: Mapper.Mapped
        do throws(MappingFailure) {
            mapped = try source.mapper.map(event, in: document, data: &data)
        } catch {
            return quarantine(event, error.description, delivery, arrival, &ids)
        }
        let id = ids.next(milliseconds: arrival.receivedAt)
        let metadataEnd = beginRecord(delivery, arrival)
        source.envelope.append(
            EnvelopeWriter.Attributes(
                id: id, type: mapped.type, time: mapped.time ?? Timestamp(unixMilliseconds: arrival.receivedAt),
                subject: mapped.subject, tenant: source.tenant(of: event.account), providerType: event.type,
                providerID: event.key, receivedAt: stamp.text[...], traceparent: trace[...]),
            data: data, to: &record)
        let jsonEnd = endJSON()
        if !source.archivesEvents, alone || delivery.body.count <= Self.largestSharedBody {
            record.append(delivery.body)
        } else {
            // Many events would each keep a large body: of this one, each keeps its own part.
            document.appendMinified(event.payload, to: &record)
        }
        return NewEvent(
            id: id, type: mapped.type, key: event.key, record: record.bytes, metadataEnd: metadataEnd,
            jsonEnd: jsonEnd, limit: source.limit(of: event.account))
    }

    /// An authentic delivery that cannot become an event is kept with the reason. Without a key of its own it is told
    /// from others by its body, so that a provider that repeats it fills the dead list once.
    private func quarantine(
        _ event: ProviderEvent?, _ reason: String, _ delivery: Delivery, _ arrival: Arrival,
        _ ids: inout ULIDGenerator
    ) -> NewEvent {
        let source = arrival.source
        let id = ids.next(milliseconds: arrival.receivedAt)
        let key = event?.key ?? "body-sha256:\(SHA256Hash.hex(of: delivery.body))"
        let type = "\(source.envelope.provider).\(event?.type ?? "unreadable")"
        let metadataEnd = beginRecord(delivery, arrival, reason: reason)
        source.envelope.append(
            EnvelopeWriter.Attributes(
                id: id, type: type, time: event?.time ?? Timestamp(unixMilliseconds: arrival.receivedAt),
                subject: event?.subject, tenant: source.tenant(of: event?.account), providerType: event?.type ?? "",
                providerID: key, receivedAt: stamp.text[...], traceparent: trace[...]),
            dead: .init(category: FailureCategory.dataError.rawValue, reason: reason), to: &record)
        let jsonEnd = endJSON()
        // Where the body holds what nobody may keep, the provider's repetition is all there is.
        if !source.archivesEvents { record.append(delivery.body) }
        return NewEvent(
            id: id, type: type, key: key, record: record.bytes, metadataEnd: metadataEnd, jsonEnd: jsonEnd,
            isQuarantined: true, limit: source.limit(of: event?.account))
    }

    private static let largestSharedBody = 4096

    /// Leaves the line of metadata in `record`, and nothing after it; returns where it ends. The line of an earlier event
    /// of the delivery serves again, but for one with a reason.
    private func beginRecord(_ delivery: Delivery, _ arrival: Arrival, reason: String? = nil) -> Int {
        if reason == nil, let metadataEnd {
            record.truncate(to: metadataEnd + 1)
            return metadataEnd
        }
        record.truncate(to: 0)
        EventRecord.appendMetadata(
            head: arrival.source.envelope.recordHead, request: arrival.request, receivedAt: stamp.text[...],
            peer: delivery.peer, secret: arrival.secret, headers: delivery.headers, reason: reason, to: &record)
        let end = record.count
        record.append(EventRecord.lineEnd)
        metadataEnd = reason == nil ? end : nil
        return end
    }

    /// Ends the record's line of JSON; returns where.
    private func endJSON() -> Int {
        record.append(EventRecord.lineEnd)
        return record.count - 1
    }

    private func refreshStamp(_ milliseconds: Int64) {
        guard stamp.milliseconds != milliseconds else { return }
        stamp.milliseconds = milliseconds
        stamp.text.removeAll(keepingCapacity: true)
        Timestamp(unixMilliseconds: milliseconds).append(to: &stamp.text, precision: .milliseconds)
    }

    private func readTrace(_ delivery: Delivery, isTrusted: Bool, _ ids: inout ULIDGenerator) {
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

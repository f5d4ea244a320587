import Verifiers

/// The answers that providers get (contract §5).
enum IngestAnswer {
    /// Seconds after which a provider may try again when the store is away.
    static let retryAfterSeconds = 5

    /// 200: the store has it. An event that was known is told with the id of its first delivery; of one that the spool
    /// keeps it is not known yet whether it is new.
    static func received(_ events: [NewEvent], _ answers: [StoredEvent]) -> Response {
        if events.count == 1, !events[0].isQuarantined, answers == [.new] {
            return .json(.ok, oneNew.filled(with: events[0].id))
        }
        var body: [UInt8] = []
        body.reserveCapacity(160)
        body.append(literal: #"{"received":true"#)
        if events.contains(where: \.isQuarantined) { body.append(literal: #","quarantined":true"#) }
        body.append(literal: #","events":["#)
        for (index, (event, answer)) in zip(events, answers).enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(literal: #"{"id":"#)
            append(event, answer, to: &body)
            if event.isQuarantined { body.append(literal: #","quarantined":true"#) }
            body.append(UInt8(ascii: "}"))
        }
        body.append(UInt8(ascii: "]"))
        if events.count == 1, let answer = answers.first {
            body.append(literal: #","id":"#)
            append(events[0], answer, to: &body)
        }
        body.append(UInt8(ascii: "}"))
        return .json(.ok, body)
    }

    /// The answer to most deliveries, but for the id.
    private static let oneNew = AnswerTemplate(
        #"{"received":true,"events":[{"id":""#, #"","duplicate":false}],"id":""#, #"","duplicate":false}"#)

    /// The same, unless the provider wants an answer of its own (Salesforce a SOAP acknowledgement).
    static func received(
        _ events: [NewEvent], _ answers: [StoredEvent], as rules: AnswerRules
    ) -> Response {
        guard let type = rules.acceptedContentType else { return received(events, answers) }
        return Response(.ok, contentType: mediaType(type), body: Array(rules.acceptedBody.utf8))
    }

    /// The answer to a provider's challenge.
    static func handshake(_ reply: HandshakeReply) -> Response {
        var response = Response(
            HTTPStatus(UInt16(reply.status)), contentType: mediaType(reply.contentType ?? ""), body: reply.body)
        for header in reply.headers where header.name.lowercased() == "x-hook-secret" {
            response.fields.append((name: "X-Hook-Secret", value: header.value))
        }
        return response
    }

    /// The media types that definitions may answer in.
    private static func mediaType(_ text: String) -> StaticString {
        if text.hasPrefix("application/json") { return MediaType.json }
        return text.contains("xml") ? "text/xml; charset=utf-8" : MediaType.text
    }

    /// Appends the id that the event is told by, and whether it is a duplicate.
    private static func append(_ event: NewEvent, _ answer: StoredEvent, to body: inout [UInt8]) {
        if case .duplicate(let first) = answer {
            JSONWriter.append(first, to: &body)
            return body.append(literal: #","duplicate":true"#)
        }
        body.append(UInt8(ascii: "\""))
        event.id.append(to: &body)
        body.append(literal: answer == .new ? #"","duplicate":false"# : #"","duplicate":null,"spooled":true"#)
    }

    /// 401 or 403: not authentic. The detail says no more than the kind of failure.
    ///
    /// `status` is what the provider wants instead of 401.
    static func refused(_ failure: VerificationFailure, status: Int? = nil) -> Problem {
        let status = status.map { HTTPStatus(UInt16($0)) } ?? .unauthorized
        return switch failure {
        case .missing: Problem(status, "The delivery carries no signature or secret.")
        case .malformed: Problem(status, "The delivery's signature cannot be read.")
        case .mismatch: Problem(status, "The delivery's signature does not match.")
        case .expired: Problem(status, "The delivery's signature is too old.")
        case .addressNotAllowed: Problem(.forbidden, "Deliveries from this address are not allowed.")
        }
    }

    /// 403: whoever asks whether the endpoint is the right one does not know its token (Meta's `hub.verify_token`).
    static let wrongToken = Problem(.forbidden, "The verification token does not match.")

    /// 429: authentic, but more than the source may send (`rateLimit`).
    static func rateLimited(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyRequests, "This source delivers faster than it may.", retryAfter: seconds)
    }

    /// 429: authentic and new, but more than the tenant may have (`tenantLimits`).
    static func tenantLimited(retryAfter seconds: Int) -> Problem {
        Problem(
            .tooManyRequests,
            "The account that this belongs to has more events than it may have; deliver it again later.",
            retryAfter: seconds)
    }

    /// 429 before the body: too much from this address was not authentic.
    static func tooManyFailures(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyRequests, "Too many deliveries from this address could not be proved.", retryAfter: seconds)
    }

    static let unknownSource = Problem(.notFound, "There is no webhook endpoint at this address.")

    /// 503 instead of 404: a provider told 404 may give the endpoint up.
    static let sourcesNotRead = Problem(
        .serviceUnavailable, "The endpoints have not all been read yet; try again.", retryAfter: retryAfterSeconds)

    static func methodNotAllowed(_ methods: HTTPMethodSet) -> Problem {
        Problem(.methodNotAllowed, "This endpoint does not answer that method.", allow: methods)
    }

    /// 503: nothing has been kept, or it is not known whether it has: the same delivery is welcome again.
    static let unavailable = Problem(
        .serviceUnavailable, "The event store cannot be reached; please deliver again later.",
        retryAfter: retryAfterSeconds)

    /// 503: the events' consumers are too far behind (`queues.maxDepth`); nothing that is not stored is acknowledged.
    static let queueFull = Problem(
        .serviceUnavailable, "The event queue is full; please deliver again later.", retryAfter: retryAfterSeconds)
}

/// An answer that is the same for all but the id that stands in two places.
private struct AnswerTemplate {
    private let bytes: [UInt8]
    private let places: (Int, Int)

    init(_ beginning: String, _ middle: String, _ end: String) {
        let room = String(repeating: "0", count: ULID.textLength)
        bytes = Array((beginning + room + middle + room + end).utf8)
        places = (beginning.utf8.count, beginning.utf8.count + ULID.textLength + middle.utf8.count)
    }

    func filled(with id: ULID) -> [UInt8] {
        var copy = bytes
        copy.withUnsafeMutableBufferPointer { buffer in
            let first = UnsafeMutableBufferPointer(rebasing: buffer[places.0..<places.0 + ULID.textLength])
            id.write(to: first)
            for index in first.indices { buffer[places.1 + index] = first[index] }
        }
        return copy
    }
}

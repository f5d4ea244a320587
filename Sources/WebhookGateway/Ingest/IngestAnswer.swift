import Verifiers

/// The answers that providers get (contract §5).
enum IngestAnswer {
    /// Seconds after which a provider may try again when the store is away.
    static let retryAfterSeconds = 5

    /// 200: the store has it. An event that was known is told with the id of its first delivery; of one that the spool
    /// keeps it is not known yet whether it is new.
    static func received(_ events: [(id: EventID, isDuplicate: Bool?, isQuarantined: Bool)]) -> Response {
        var body: [UInt8] = []
        body.reserveCapacity(160)
        body.append(literal: #"{"received":true"#)
        if events.contains(where: \.isQuarantined) { body.append(literal: #","quarantined":true"#) }
        body.append(literal: #","events":["#)
        for (index, event) in events.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(literal: #"{"id":"#)
            event.id.append(to: &body)
            appendDuplicate(event.isDuplicate, to: &body)
            if event.isQuarantined { body.append(literal: #","quarantined":true"#) }
            body.append(UInt8(ascii: "}"))
        }
        body.append(UInt8(ascii: "]"))
        if events.count == 1 {
            body.append(literal: #","id":"#)
            events[0].id.append(to: &body)
            appendDuplicate(events[0].isDuplicate, to: &body)
        }
        body.append(UInt8(ascii: "}"))
        return .json(.ok, body)
    }

    /// The same, unless the provider wants an answer of its own (Salesforce a SOAP acknowledgement).
    static func received(
        _ events: [(id: EventID, isDuplicate: Bool?, isQuarantined: Bool)], as answers: AnswerRules
    ) -> Response {
        guard let type = answers.acceptedContentType else { return received(events) }
        return Response(.ok, contentType: mediaType(type), body: Array(answers.acceptedBody.utf8))
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

    /// The id that an event is told by: made here, or read from the store.
    enum EventID: CustomStringConvertible {
        case made(ULID)
        case stored(String)

        var description: String {
            switch self {
            case .made(let id): id.description
            case .stored(let id): id
            }
        }

        /// Appends the id as a JSON string.
        fileprivate func append(to output: inout [UInt8]) {
            switch self {
            case .made(let id):
                output.append(UInt8(ascii: "\""))
                id.append(to: &output)
                output.append(UInt8(ascii: "\""))
            case .stored(let id): JSONWriter.append(id, to: &output)
            }
        }
    }

    private static func appendDuplicate(_ isDuplicate: Bool?, to body: inout [UInt8]) {
        switch isDuplicate {
        case true?: body.append(literal: #","duplicate":true"#)
        case false?: body.append(literal: #","duplicate":false"#)
        case nil: body.append(literal: #","duplicate":null,"spooled":true"#)
        }
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

    /// 429: authentic, but more than the source may send (`rateLimit`).
    static func rateLimited(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyRequests, "This source delivers faster than it may.", retryAfter: seconds)
    }

    /// 429 before the body: too much from this address was not authentic.
    static func tooManyFailures(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyRequests, "Too many deliveries from this address could not be proved.", retryAfter: seconds)
    }

    static let unknownSource = Problem(.notFound, "There is no webhook endpoint at this address.")

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

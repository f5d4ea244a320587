import Verifiers

/// Runs a source's provider and mapping on a body that nobody signed.
struct MappingTrial {
    /// What becomes of one event of the delivery.
    enum Outcome {
        /// The event as one line of JSON.
        case event([UInt8])
        case failure(MappingFailure)

        var isEvent: Bool {
            if case .event = self { true } else { false }
        }
    }

    private let source: SourceConfiguration
    private let provider: any Provider
    private let mapper: Mapper
    private let envelope: EnvelopeWriter
    private var ids = ULIDGenerator()
    private var survey = PathSurvey()

    /// Fields of the rules that were used for which none of the deliveries so far had anything.
    var unknownPaths: [PathSurvey.Unknown] { survey.all }

    /// - Throws: `InvalidSettings`, `ConfigurationError`.
    init(_ source: SourceConfiguration, mappings: [String: JSONValue]) throws {
        let rules = try MappingCatalog(overrides: mappings).rules(named: source.mapping)
        self.init(
            source, provider: try RequestVerifier.provider(of: source),
            mapper: Mapper(provider: source.provider, rules: rules))
    }

    init(_ source: SourceConfiguration, provider: any Provider, mapper: Mapper) {
        self.source = source
        self.provider = provider
        self.mapper = mapper
        envelope = EnvelopeWriter(source: source.name, provider: source.provider)
    }

    /// What each event of a delivery with that body becomes.
    mutating func outcomes(of body: [UInt8]) throws(MalformedBody) -> [Outcome] {
        var request = CapturedRequest()
        request.body = body
        return try outcomes(of: request)
    }

    /// What each event of the delivery becomes; some providers tell the type in a header field.
    mutating func outcomes(of delivered: CapturedRequest) throws(MalformedBody) -> [Outcome] {
        let now = Clock.unixMilliseconds()
        var request = delivered
        request.target = "/webhooks/\(source.name)"
        var document = JSONDocument()
        let events = try provider.events(in: request.delivery(at: now / 1000, from: nil), document: &document)
        var outcomes: [Outcome] = []
        for event in events { outcomes.append(outcome(of: event, in: document, now: now)) }
        return outcomes
    }

    private mutating func outcome(of event: ProviderEvent, in document: JSONDocument, now: Int64) -> Outcome {
        if let (rule, scope) = mapper.rule(for: event, in: document) { survey.add(rule, scope) }
        var data = ByteBuffer()
        let mapped: Mapper.Mapped
        do throws(MappingFailure) {
            mapped = try mapper.map(event, in: document, data: &data)
        } catch {
            return .failure(error)
        }
        var trace: [UInt8] = []
        TraceContext.appendNew(&ids, to: &trace)
        let arrival = Timestamp(seconds: now / 1000, nanoseconds: Int32(now % 1000) * 1_000_000)
        let attributes = EnvelopeWriter.Attributes(
            id: ids.next(milliseconds: now), type: mapped.type, time: mapped.time ?? arrival, subject: mapped.subject,
            tenant: event.account.flatMap { source.tenants[$0] } ?? source.tenant, providerType: event.type,
            providerID: event.key, receivedAt: EnvelopeWriter.Attributes.stamp(arrival), traceparent: trace[...])
        var json = ByteBuffer()
        envelope.append(attributes, data: data, to: &json)
        return .event(json.bytes)
    }
}

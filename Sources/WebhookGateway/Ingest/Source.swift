import Verifiers

/// One endpoint `/webhooks/<name>` on one worker: its provider's keys, its mapping, and where its events go.
final class Source {
    let name: String
    let provider: any Provider
    let mapper: Mapper
    let keys: SourceKeys
    let tenant: String
    let tenants: [String: String]
    let maxBodyBytes: Int
    let envelope: EnvelopeWriter
    /// The methods that the endpoint knows, for 405 and OPTIONS.
    let methods: HTTPMethodSet
    /// The methods by which the provider asks its questions.
    let asked: Set<String>
    /// What the provider is answered, where it wants something of its own.
    let answers: AnswerRules
    /// Whether the archive holds the events instead of the body.
    let archivesEvents: Bool
    /// Whether a path may go on after the source's name.
    let readsPathSuffix: Bool
    /// For how long a token that proved an event is remembered in the store, in seconds; nil: the provider has none.
    let tokenSeconds: Int64?
    var counters = SourceCounters()
    /// `rateLimit`, shared with the other workers; nil: none.
    var rate: SourceRate?
    /// Which refused deliveries are kept, shared with the other workers; nil: none.
    var refusals: RefusalGate?
    /// Where in `keys.limits` a tenant's limit stands, from 1.
    private let limitPlaces: [String: Int]
    /// What names this source in a request's context, see `SourceTable.source(of:)`.
    var route = 0

    /// - Parameter limits: of a tenant, how many events it may have; nil: as many as there are.
    /// - Throws: `InvalidSettings` when the provider refuses its settings; the configuration was checked before.
    init(
        _ configuration: SourceConfiguration, mapper: Mapper, keys: Keys,
        limits: (_ tenant: String) -> TenantLimit? = { _ in nil }
    ) throws {
        name = configuration.name
        provider = try configuration.makeProvider()
        let kind = configuration.providerKind
        self.mapper = mapper
        let limited = Set(configuration.tenants.values).union([configuration.tenant]).sorted().compactMap(limits)
        limitPlaces = Dictionary(uniqueKeysWithValues: limited.enumerated().map { ($1.tenant, $0 + 1) })
        self.keys = SourceKeys(
            source: configuration.name, queues: configuration.queues,
            dedupeWindowSeconds: configuration.dedupeWindowSeconds, limits: limited, keys: keys)
        tenant = configuration.tenant
        tenants = configuration.tenants
        maxBodyBytes = configuration.maxBodyBytes
        envelope = EnvelopeWriter(source: configuration.name, provider: provider.name)
        asked = Set(kind?.handshakeMethods ?? [])
        methods = asked.isDisjoint(with: ["GET", "HEAD"]) ? .init(.post) : [.init(.get), .init(.head), .init(.post)]
        answers = kind?.answers ?? AnswerRules()
        archivesEvents = kind?.archivesEvents ?? false
        readsPathSuffix = provider.readsPathSuffix
        // Older than the tolerance on either side it proves nothing any more.
        let tolerance = Int64(configuration.toleranceSeconds)
        let lifetime = tolerance > 0 ? 2 * tolerance + 60 : Int64(configuration.dedupeWindowSeconds)
        tokenSeconds = provider.provesByToken ? lifetime : nil
    }

    /// The tenant of a provider's account; the source's own when the account is none that is configured.
    func tenant(of account: String?) -> String {
        guard let account, !tenants.isEmpty else { return tenant }
        return tenants[account] ?? tenant
    }

    /// Which of `keys.limits` concerns an event of that account, from 1; 0: none.
    func limit(of account: String?) -> Int {
        keys.limits.isEmpty ? 0 : limitPlaces[tenant(of: account)] ?? 0
    }
}

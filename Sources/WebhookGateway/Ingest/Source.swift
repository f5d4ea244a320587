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
    /// What names this source in a request's context, see `IngestHandler.source(of:)`.
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

/// The endpoints of one worker, found by the bytes of the path.
struct SourceTable {
    private static let prefix: StaticString = "/webhooks/"

    private let sources: [Source]
    /// Open addressing by FNV-1a; -1: free. At most half full.
    private let slots: [Int]
    private let names: [[UInt8]]

    init(_ sources: [Source]) {
        self.sources = sources
        names = sources.map { Array($0.name.utf8) }
        var size = 8
        while size < sources.count * 2 { size *= 2 }
        var slots = [Int](repeating: -1, count: size)
        for (index, name) in names.enumerated() {
            var slot = Self.hash(name[...]) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = index
        }
        self.slots = slots
    }

    var all: [Source] { sources }

    /// The source of a path, and what follows its name and a slash; nil when the path is none of ours.
    func find(_ path: ArraySlice<UInt8>) -> (source: Source, suffix: ArraySlice<UInt8>)? {
        let count = Self.prefix.utf8CodeUnitCount
        guard path.count > count, ASCII.isEqual(path.span.extracting(first: count), Self.prefix)
        else { return nil }
        let rest = path.dropFirst(count)
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        guard let source = source(named: rest[..<end]) else { return nil }
        let suffix = end < rest.endIndex ? rest[(end + 1)...] : rest[rest.endIndex...]
        return suffix.isEmpty || source.readsPathSuffix ? (source, suffix) : nil
    }

    /// The source of that name.
    func source(named name: String) -> Source? { source(named: Array(name.utf8)[...]) }

    private func source(named name: ArraySlice<UInt8>) -> Source? {
        var slot = Self.hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = slots[slot]
            if names[index].elementsEqual(name) { return sources[index] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// What follows a source's name and a slash in a path that `find` led to it.
    static func suffix(of path: ArraySlice<UInt8>, after source: Source) -> ArraySlice<UInt8> {
        path.dropFirst(prefix.utf8CodeUnitCount + source.name.utf8.count + 1)
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 32 ^ hash) & Int.max
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// Refuses deliveries as an ingest worker does, into a real Redis.
@ControlPlane
final class RefusalBench {
    let store: StoreFixture
    let keeper: RefusalKeeper
    private let connection: RedisConnection
    private var ids = ULIDGenerator()
    private var isConnected = true

    static func run(
        in store: StoreFixture, _ body: @ControlPlane (RefusalBench) async throws -> Void
    ) async throws {
        let bench = RefusalBench(store)
        defer { bench.connection.stop() }
        try #require(await bench.connection.becomesReady(within: .seconds(30)))
        try await body(bench)
    }

    private init(_ store: StoreFixture) {
        self.store = store
        connection = RedisConnection(store.server.settings, scripts: [.refusalKeep], loop: ControlPlane.loop)
        keeper = RefusalKeeper(connection: connection, keys: store.keys) { true }
    }

    /// A source as a worker has it.
    static func source(_ members: String, named name: String = "shop") throws -> Source {
        let text = "{ sources: { \(name): { \(members) } } }"
        let configuration = try ConfigurationSamples.load(text, known: .builtIn).configuration
        let own = try #require(configuration.sources.first)
        let rules = try MappingCatalog().rules(named: own.mapping)
        return try Source(own, mapper: Mapper(provider: own.provider, rules: rules), keys: Keys())
    }

    /// A delivery that `signer` would have signed, if it is given.
    static func sample(_ body: String, to source: String, signedBy signer: Source? = nil, at milliseconds: Int64)
        -> Sample
    {
        var sample = Sample(target: "/webhooks/\(source)", body: Array(body.utf8), now: milliseconds / 1000)
        signer?.provider.sign(&sample)
        return sample
    }

    /// Refuses a delivery, whatever is the matter with it, in a second of its own; returns the refusal's id.
    @discardableResult
    func refuse(
        _ sample: Sample, by source: Source, from peer: String = "203.0.113.9",
        at milliseconds: Int64 = Clock.unixMilliseconds(), gate: RefusalGate? = nil, now: UInt64 = 1 << 40
    ) async throws -> String {
        if gate == nil {
            _ = try await connection.command(["DEL", .text(store.keys.refusedPace(source.name))])
        }
        source.refusals = gate ?? RefusalGate()
        let id = ids.next(milliseconds: milliseconds)
        let target = Array(sample.target.utf8)[...]
        let parts = target.prefix { $0 != UInt8(ascii: "?") }.split(separator: UInt8(ascii: "/"), maxSplits: 2)
        let delivery = Delivery(
            method: "POST", target: target, pathSuffix: parts.count == 3 ? parts[2] : [], body: sample.body[...],
            headers: HeaderFields(sample.headers), peer: IPAddress(peer), receivedAt: milliseconds / 1000)
        var reason = VerificationFailure.mismatch
        do throws(VerificationFailure) {
            _ = try source.provider.verify(delivery)
        } catch {
            reason = error
        }
        keeper.refused(
            delivery, because: reason, status: 401, source,
            RequestContext(requestID: id, receivedAt: milliseconds, startedAt: 0), now: now)
        // Its answer comes before this one's.
        _ = try await connection.command(["PING"])
        return id.description
    }

    func kept(of source: String = "shop") async throws -> [Refusal] {
        try await RefusalStore(connection: connection, keys: store.keys).list(of: [source], limit: 1000).refusals
    }
}

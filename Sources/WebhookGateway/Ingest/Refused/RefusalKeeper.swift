import Verifiers

/// Keeps some of a worker's refused deliveries for a second look, beside the way of the accepted ones: what does not fit
/// at once (too soon after another, no store, a store that is behind) is dropped and counted, and nothing ever waits.
final class RefusalKeeper {
    /// Why a refusal was not kept, as the label `reason` of `webhook_refusals_dropped_total`.
    enum Drop: Int, CaseIterable {
        /// More than one a second, or too many of one address.
        case rate
        /// There is no store, or it answers late.
        case store
        /// The store would not take it.
        case failed

        var label: String {
            switch self {
            case .rate: "rate"
            case .store: "store"
            case .failed: "failed"
            }
        }
    }

    /// What became of a worker's refusals.
    struct Figures: Sendable {
        var kept: UInt64 = 0
        var dropped = [UInt64](repeating: 0, count: Drop.allCases.count)

        mutating func merge(_ other: Figures) {
            kept += other.kept
            for index in dropped.indices { dropped[index] += other.dropped[index] }
        }
    }

    /// Refusals under way to the store; the memory of so many, 85 KiB each, is all that they can take.
    static let mostUnderWay = 8
    /// A store that lets commands wait for so long has no time for these.
    private static let patience = Duration.milliseconds(200)

    private let connection: RedisConnection
    private let keys: Keys
    private let isConnected: () -> Bool
    private var ids = ULIDGenerator()
    private var underWay = 0
    private(set) var figures = Figures()

    /// - Parameter isConnected: whether the store may be written to.
    init(connection: RedisConnection, keys: Keys, isConnected: @escaping () -> Bool) {
        self.connection = connection
        self.keys = keys
        self.isConnected = isConnected
    }

    /// Looks at a delivery that has just been refused; the answer does not depend on it.
    func refused(
        _ delivery: Delivery, because reason: VerificationFailure, status: Int, _ source: Source,
        _ context: RequestContext, now: UInt64
    ) {
        guard let gate = source.refusals else { return }
        guard gate.isOpen(now: now) else { return drop(.rate) }
        guard underWay < Self.mostUnderWay, isConnected(), connection.oldestPendingAge < Self.patience else {
            return drop(.store)
        }
        guard gate.take(delivery.peer, now: now) else { return drop(.rate) }
        guard let refusal = refusal(delivery, reason, status, source, context) else { return drop(.failed) }
        send(refusal)
    }

    private func drop(_ reason: Drop) { figures.dropped[reason.rawValue] += 1 }

    // MARK: Steps

    private func refusal(
        _ delivery: Delivery, _ reason: VerificationFailure, _ status: Int, _ source: Source, _ context: RequestContext
    ) -> Refusal? {
        var salt: [UInt8] = []
        for _ in 0..<RefusalSeal.saltBytes { salt.append(UInt8(truncatingIfNeeded: ids.random())) }
        guard let seal = RefusalSeal(salt: salt) else { return nil }
        let credentials = source.provider.credentials(in: delivery)
        let target = seal.closed(target: delivery.target, pathSuffix: delivery.pathSuffix, credentials)
        var bodyState = Refusal.Body.kept
        var body: [UInt8] = []
        if delivery.body.count > Refusal.Limit.bodyBytes {
            bodyState = .tooLarge
        } else if !source.archivesEvents, let closed = seal.closed(body: delivery.body, credentials) {
            body = closed
        } else {
            bodyState = .withheld
        }
        return Refusal(
            id: context.requestID.description, source: source.name, reason: reason, status: status,
            receivedAt: context.receivedAt, peer: delivery.peer, method: delivery.method,
            target: String(decoding: target.prefix(Refusal.Limit.targetBytes), as: UTF8.self),
            headers: seal.closed(headers: delivery.headers, credentials), bodyBytes: delivery.body.count,
            bodyState: bodyState, salt: salt, body: body[...])
    }

    private func send(_ refusal: Refusal) {
        var call = ScriptCall(
            .refusalKeep,
            keys: [
                keys.refused(refusal.source), keys.refusedSizes(refusal.source), keys.refusedPace(refusal.source),
                keys.refusal(refusal.id),
            ])
        call.add(refusal.id)
        call.add(refusal.peer?.countedNetwork.description ?? "-")
        call.add(refusal.record)
        call.add(keys.refusalPrefix)
        call.add(Int64(Refusal.Limit.entries))
        call.add(Int64(Refusal.Limit.bytes))
        call.add(Int64(Refusal.Limit.perAddress))
        call.add(Int64(Refusal.Limit.seconds))
        call.add(ULID.first(at: refusal.receivedAt - Int64(Refusal.Limit.seconds) * 1000).description)
        underWay += 1
        call.send(on: connection) { [weak self] result in
            guard let self else { return }
            underWay -= 1
            switch result {
            case .success(.integer(1)): figures.kept += 1
            case .success(.integer): drop(.rate)
            case .success, .failure: drop(.failed)
            }
        }
    }
}

extension ULID {
    /// The first one that could be made in a millisecond.
    fileprivate static func first(at milliseconds: Int64) -> ULID {
        ULID(high: UInt64(clamping: milliseconds) << 16, low: 0)
    }
}

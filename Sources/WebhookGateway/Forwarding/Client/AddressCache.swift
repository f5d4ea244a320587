/// Addresses of hosts, kept for a short while; look-ups of one host that coincide are made once.
@ControlPlane
final class AddressCache {
    typealias Answer = Result<[SocketAddress], HTTPClientError>

    private struct Key: Hashable {
        var host: String
        var port: UInt16
    }

    private struct Entry {
        var addresses: [SocketAddress]
        var expires: UInt64
    }

    /// The system's resolver does not tell how long an answer may be kept; half a minute spares it a look-up a request
    /// and still follows a fail-over.
    private static let lifetime = Duration.seconds(30)
    private static let maximumEntries = 1024

    private var entries: [Key: Entry] = [:]
    private var waiting: [Key: [Promise<Answer>]] = [:]

    /// The addresses of a host, from memory or the system's resolver; failures are not kept.
    func addresses(of host: String, port: UInt16, deadline: Deadline) async throws(HTTPClientError) -> [SocketAddress] {
        let key = Key(host: host, port: port)
        if let entry = entries[key], entry.expires > Clock.monotonicNanoseconds() { return entry.addresses }
        let answer = await Promise<Answer>.value(
            by: deadline.time, orElse: { .failure(.timedOut(.resolving, after: deadline.allowance)) }
        ) { promise in
            waiting[key, default: []].append(promise)
            guard waiting[key]?.count == 1 else { return }
            Resolver.resolve(host, port: port, on: ControlPlane.loop) { self.settle(key, $0) }
        }
        return try answer.get()
    }

    /// Forgets a host's addresses, none of which could be reached.
    func forget(_ host: String, port: UInt16) { entries[Key(host: host, port: port)] = nil }

    private func settle(_ key: Key, _ result: Result<[SocketAddress], ResolutionFailure>) {
        if case .success(let addresses) = result {
            if entries.count >= Self.maximumEntries { entries.removeAll() }
            let expires = Clock.monotonicNanoseconds() &+ Self.lifetime.nanoseconds
            entries[key] = Entry(addresses: addresses, expires: expires)
        }
        let answer = result.mapError { HTTPClientError.unresolvable($0) }
        for promise in waiting.removeValue(forKey: key) ?? [] { promise.fulfil(answer) }
    }
}

/// When something must be done, and how long that was from the start, for messages.
struct Deadline: Sendable {
    /// Monotonic nanoseconds.
    var time: UInt64
    var allowance: Duration

    init(after allowance: Duration) {
        self.allowance = allowance
        time = Clock.monotonicNanoseconds() &+ allowance.nanoseconds
    }

    /// The earlier of two deadlines.
    func sooner(_ other: Deadline) -> Deadline { other.time < time ? other : self }
}

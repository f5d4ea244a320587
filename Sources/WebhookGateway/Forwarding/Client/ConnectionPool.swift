/// Idle connections, by where they lead; the one used last is used next, so that the surplus of a burst ages and goes.
@ControlPlane
final class ConnectionPool {
    /// Connections are shared among requests only when all of this is equal.
    struct Key: Hashable, Sendable {
        var scheme: OutboundURL.Scheme
        var host: String
        var port: UInt16
        /// A connection made under one policy must not serve a destination with a stricter one.
        var allowsPrivateAddresses: Bool
    }

    /// Many servers close after a minute, some after five seconds; they tell by closing, and then nothing is lost.
    private let idleTime: Duration
    private let maximumPerKey: Int
    private var idle: [Key: [ClientConnection]] = [:]
    private var isSweeping = false
    private(set) var isClosed = false

    init(idleTime: Duration, maximumPerKey: Int) {
        self.idleTime = idleTime
        self.maximumPerKey = maximumPerKey
    }

    var idleCount: Int { idle.values.reduce(0) { $0 + $1.count } }

    func take(_ key: Key) -> ClientConnection? {
        while let connection = idle[key]?.popLast() {
            connection.closed = nil
            if connection.isIdle { return connection }
        }
        return nil
    }

    func put(_ connection: ClientConnection, _ key: Key) {
        guard !isClosed, (idle[key]?.count ?? 0) < maximumPerKey else { return connection.close() }
        connection.closed = { [weak self, weak connection] in
            self?.idle[key]?.removeAll { $0 === connection }
        }
        idle[key, default: []].append(connection)
        sweepLater()
    }

    func close() {
        isClosed = true
        for connection in idle.values.joined() { connection.close() }
        idle = [:]
    }

    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        ControlPlane.loop.schedule(after: idleTime / 4) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        isSweeping = false
        let now = ControlPlane.loop.now
        for (key, connections) in idle {
            let (kept, old) = connections.partitioned { now < $0.idleSince &+ idleTime.nanoseconds }
            for connection in old { connection.close() }
            idle[key] = kept.isEmpty ? nil : kept
        }
        if !idle.isEmpty { sweepLater() }
    }
}

extension Array {
    /// The elements that satisfy the predicate, and the others, each in order.
    fileprivate func partitioned(_ isFirst: (Element) -> Bool) -> ([Element], [Element]) {
        (filter(isFirst), filter { !isFirst($0) })
    }
}

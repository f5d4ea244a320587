import Verifiers

/// Takes events off the queue `events` and moves them to the lanes of the destinations that want them.
///
/// A consumer by the public protocol, a hundred entries at a time: the next claim travels in the same write as the
/// dispatch before it. While the queue is empty it waits on a connection of its own. Where a destination keeps order one
/// forwarder dispatches at a time: then all of them ask now and then instead.
@ControlPlane
final class Dispatcher {
    /// How long one wait for an event lasts; the lease is renewed in between.
    static let waitSeconds = 5

    /// Whoever was too slow does not hurry to be so again.
    static let pauseAfterLapse = Duration.milliseconds(100)

    private static let shortestPoll = Duration.milliseconds(10)
    private static let longestPoll = Duration.milliseconds(250)

    private let queue: QueueStore
    private let link: StoreLink
    private let waiting: StoreLink
    private let log: Log
    private let fed: (_ destinations: Set<String>) -> Void
    private var table: RoutingTable
    /// Destinations that keep order.
    private var ordered: Set<String>
    private let signal = Signal()
    private var poll = Dispatcher.shortestPoll
    private var isStopping = false
    private var task: Task<Void, Never>?
    /// Events moved to lanes, for metrics.
    private(set) var dispatched = 0

    /// - Parameters:
    ///   - waiting: the connection that blocks; its command deadline must be longer than `waitSeconds`.
    ///   - fed: told which lanes have got events.
    init(
        queue: QueueStore, destinations: [DestinationConfiguration], link: StoreLink, waiting: StoreLink, log: Log,
        fed: @escaping (_ destinations: Set<String>) -> Void
    ) {
        self.queue = queue
        self.link = link
        self.waiting = waiting
        self.log = log
        self.fed = fed
        table = RoutingTable(destinations)
        ordered = Self.ordered(destinations)
        queue.isExclusive = !ordered.isEmpty
    }

    func start() {
        guard task == nil else { return }
        task = Task { @ControlPlane in await self.run() }
    }

    /// Routes from now on by this configuration.
    func reload(_ destinations: [DestinationConfiguration]) {
        table = RoutingTable(destinations)
        ordered = Self.ordered(destinations)
        queue.isExclusive = !ordered.isEmpty
    }

    /// Routes from now on to a destination as it is now; nil: no more.
    func take(_ destination: DestinationConfiguration?, named name: String) {
        if let destination { table.put(destination) } else { table.remove(name) }
        if let destination, destination.keepsOrder { ordered.insert(name) } else { ordered.remove(name) }
        queue.isExclusive = !ordered.isEmpty
    }

    private static func ordered(_ destinations: [DestinationConfiguration]) -> Set<String> {
        Set(destinations.lazy.filter(\.keepsOrder).map(\.name))
    }

    /// Stops taking; what was taken and not dispatched goes back to the queue.
    func stop() async {
        isStopping = true
        signal.raise()
        waiting.stop()
        await task?.value
    }

    private func run() async {
        while !isStopping {
            await link.untilReady()
            guard !isStopping else { break }
            do throws(RedisFailure) {
                var entries = try await queue.claim()
                if !entries.isEmpty { poll = Self.shortestPoll }
                while !entries.isEmpty, !isStopping { entries = try await dispatch(entries) }
                link.succeeded()
                guard !isStopping else { break }
                try await waitForEvent()
            } catch {
                await link.recover(from: error)
            }
        }
        guard link.connection.isReady else { return }
        do throws(RedisFailure) {
            _ = try await queue.release()
        } catch {
            log.warning(
                "the events that the forwarder held go back when its lease lapses", ["reason": .text(error.description)]
            )
        }
    }

    private func waitForEvent() async throws(RedisFailure) {
        guard !queue.isExclusive else {
            await signal.wait(atMost: poll)
            poll = min(poll * 2, Self.longestPoll)
            return
        }
        await waiting.untilReady()
        guard !isStopping else { return }
        do throws(RedisFailure) {
            _ = try await queue.wait(Self.waitSeconds, on: waiting.connection)
        } catch {
            // What Redis put into the work list before the connection broke is found there by the next claim.
            switch error {
            case .unavailable, .unknownOutcome: return
            case .refused, .unexpectedReply: throw error
            }
        }
    }

    private func dispatch(_ entries: [[UInt8]]) async throws(RedisFailure) -> [[UInt8]] {
        var batch = DispatchBatch()
        batch.entries.reserveCapacity(entries.count)
        var numbers = RouteNumbers()
        for entry in entries {
            do throws(MalformedBody) {
                let event = try Event(json: entry)
                guard Self.isSafe(event) else {
                    throw MalformedBody("its id is not 1 to 128 plain letters, digits, '-', '_' or '.'")
                }
                let forced = event.forcedReplay
                let route = numbers.text(table.route(event)) + (forced == 0 ? "" : "!\(forced)")
                batch.entries.append(.event(route: route, id: event.id, bytes: entry.count))
            } catch {
                log.warning(
                    "an entry of the queue is not an event; it goes to the dead list", ["reason": .text(error.reason)])
                let dead = DeadEntry.junk(entry, reason: error.reason, category: .dataError)
                batch.entries.append(.junk(entry, dead: dead))
            }
        }
        batch.destinations = numbers.destinations
        let (isMoved, next) = try await queue.dispatch(batch)
        if isMoved {
            dispatched += entries.count
            fed(numbers.wanted)
        } else {
            log.warning(
                "the forwarder's lease lapsed; another dispatches what it held", ["events": .number(entries.count)])
            await Signal().wait(atMost: Self.pauseAfterLapse)
        }
        return next
    }

    /// Ids become parts of keys, and the dispatch script finds them in the entry as they are, without escapes.
    private static func isSafe(_ event: Event) -> Bool {
        guard let node = event.document.member("id"), let id = event.document.plainContent(of: node) else {
            return false
        }
        return (1...128).contains(id.count)
            && id.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

extension DestinationConfiguration {
    fileprivate var keepsOrder: Bool { enabled && ordered != nil }
}

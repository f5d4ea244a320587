import CLinux
import Glibc

/// What a descriptor is ready for.
struct IOEvents: OptionSet {
    var rawValue: UInt32

    static let readable = IOEvents(rawValue: EPOLLIN.rawValue)
    static let writable = IOEvents(rawValue: EPOLLOUT.rawValue)
    /// The peer closed its sending side; only told to those who are interested in it.
    static let peerClosed = IOEvents(rawValue: EPOLLRDHUP.rawValue)
    /// Always told, never asked for.
    static let failed = IOEvents(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// Reacts to a descriptor's readiness; kept alive by the loop while registered.
protocol EventHandler: AnyObject {
    func ready(_ events: IOEvents)
}

/// One thread's loop: one epoll set, timers, and hooks that run before it sleeps.
///
/// Not `Sendable` on purpose: a loop and all that hangs on it belong to the thread that made it, and the compiler keeps
/// it so. Other threads reach it through `remote` alone.
final class EventLoop {
    /// Readiness is told with the registration's generation, so that an event already fetched for a closed descriptor
    /// cannot reach the next owner of the same number.
    private struct Registration {
        var generation: UInt32 = 0
        var interest: IOEvents = []
        var handler: (any EventHandler)?
    }

    private static let eventsPerTurn = 256

    /// The door for other threads.
    let remote: EventLoopRemote
    /// What lives on this loop, for work that other threads send here.
    var resident: AnyObject?
    /// Monotonic nanoseconds, read once a turn.
    private(set) var now: UInt64
    /// Unix milliseconds, read once a turn.
    private(set) var unixMilliseconds: Int64

    private let epoll: Int32
    private var registrations: [Registration] = []
    private var timers = Timers()
    private var beforeSleepHooks: [() -> Bool] = []
    private var offloaded: [UInt64: (any Sendable) -> Void] = [:]
    private var nextOffload: UInt64 = 1
    private var isStopping = false
    private let events: UnsafeMutablePointer<epoll_event>
    private var wakeup: WakeupHandler?

    /// Makes the calling thread's loop; `remote` may have been handed to other threads before.
    init(remote: EventLoopRemote) throws(SystemError) {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("epoll_create1") }
        epoll = descriptor
        self.remote = remote
        now = Clock.monotonicNanoseconds()
        unixMilliseconds = Clock.unixMilliseconds()
        events = .allocate(capacity: Self.eventsPerTurn)
        events.initialize(repeating: epoll_event(), count: Self.eventsPerTurn)
        let handler = WakeupHandler(remote: remote)
        wakeup = handler
        try register(remote.descriptor, interest: .readable, handler: handler)
    }

    deinit {
        events.deinitialize(count: Self.eventsPerTurn)
        events.deallocate()
        close(epoll)
    }

    // MARK: Descriptors

    func register(_ descriptor: Int32, interest: IOEvents, handler: any EventHandler) throws(SystemError) {
        let slot = Int(descriptor)
        while registrations.count <= slot { registrations.append(Registration()) }
        precondition(registrations[slot].handler == nil, "descriptor registered twice")
        registrations[slot].generation &+= 1
        try control(EPOLL_CTL_ADD, descriptor, interest)
        registrations[slot].interest = interest
        registrations[slot].handler = handler
    }

    /// Changes what a registered descriptor is watched for; free when nothing changes.
    func update(_ descriptor: Int32, interest: IOEvents) throws(SystemError) {
        guard registrations[Int(descriptor)].interest != interest else { return }
        try control(EPOLL_CTL_MOD, descriptor, interest)
        registrations[Int(descriptor)].interest = interest
    }

    /// Forgets a descriptor; call it before closing.
    func deregister(_ descriptor: Int32) {
        guard Int(descriptor) < registrations.count, registrations[Int(descriptor)].handler != nil else { return }
        registrations[Int(descriptor)].handler = nil
        registrations[Int(descriptor)].interest = []
        registrations[Int(descriptor)].generation &+= 1
        var unused = epoll_event()
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &unused)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: IOEvents) throws(SystemError) {
        let tag = UInt64(registrations[Int(descriptor)].generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: tag))
        guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else { throw SystemError("epoll_ctl") }
    }

    // MARK: Timers and hooks

    /// Runs `action` once, `delay` from now.
    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping () -> Void) -> Timers.Token {
        timers.add(deadline: Clock.monotonicNanoseconds() &+ delay.nanoseconds, action: action)
    }

    func cancel(_ token: Timers.Token) { timers.cancel(token) }

    /// Runs `hook` at the end of every turn, before the loop sleeps: where pipelined output is flushed. A hook that
    /// returns false is forgotten.
    func beforeSleep(_ hook: @escaping () -> Bool) { beforeSleepHooks.append(hook) }

    // MARK: Blocking work

    /// Runs `work`, which may block (a name look-up), on a thread of its own and hands its result to `completion` here.
    func offload<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, then completion: @escaping (Value) -> Void
    ) throws(SystemError) {
        let serial = nextOffload
        nextOffload += 1
        offloaded[serial] = { value in
            if let value = value as? Value { completion(value) }
        }
        let remote = remote
        do throws(SystemError) {
            try WorkerThread.start(named: "blocking") {
                let value = work()
                remote.execute { loop in loop.offloaded.removeValue(forKey: serial)?(value) }
            }
        } catch {
            offloaded[serial] = nil
            throw error
        }
    }

    // MARK: Running

    /// Runs until `stop`; the calling thread is the loop's thread.
    func run() throws(SystemError) {
        remote.adoptCurrentThread()
        pthread_setspecific(Self.currentKey, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(Self.currentKey, nil) }
        while !isStopping { try turn() }
    }

    /// The loop that runs on the calling thread; nil on any other thread.
    static var current: EventLoop? {
        guard let pointer = pthread_getspecific(currentKey) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    private static let currentKey: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    func stop() { isStopping = true }

    /// One turn: waits for readiness, serves it, then what other threads sent, timers and hooks.
    private func turn() throws(SystemError) {
        let count = epoll_wait(epoll, events, Int32(Self.eventsPerTurn), timeoutMilliseconds())
        guard count >= 0 || errno == EINTR else { throw SystemError("epoll_wait") }
        now = Clock.monotonicNanoseconds()
        unixMilliseconds = Clock.unixMilliseconds()
        for index in 0..<max(0, Int(count)) {
            let tag = events[index].data.u64
            let slot = Int(UInt32(truncatingIfNeeded: tag))
            let generation = UInt32(truncatingIfNeeded: tag >> 32)
            guard registrations[slot].generation == generation, let handler = registrations[slot].handler else {
                continue
            }
            handler.ready(IOEvents(rawValue: events[index].events))
        }
        remote.drain(on: self)
        while let action = timers.popExpired(now: now) { action() }
        var place = 0
        while place < beforeSleepHooks.count {
            if beforeSleepHooks[place]() { place += 1 } else { beforeSleepHooks.remove(at: place) }
        }
    }

    private func timeoutMilliseconds() -> Int32 {
        if isStopping || remote.hasWork { return 0 }
        guard let earliest = timers.earliest else { return -1 }
        let now = Clock.monotonicNanoseconds()
        guard earliest > now else { return 0 }
        return Int32(clamping: (earliest - now + 999_999) / 1_000_000)
    }
}

/// Clears the eventfd; the work itself is taken by the turn.
private final class WakeupHandler: EventHandler {
    private let remote: EventLoopRemote

    init(remote: EventLoopRemote) { self.remote = remote }

    func ready(_ events: IOEvents) { remote.clearWakeup() }
}

extension Duration {
    /// The duration in nanoseconds; negative durations are zero.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
    }

    /// The duration in whole milliseconds.
    var milliseconds: Int64 { Int64(clamping: nanoseconds / 1_000_000) }
}

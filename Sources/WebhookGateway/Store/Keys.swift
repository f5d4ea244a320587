/// Every key the gateway keeps in Redis: what it holds and how long it lives. The one place where names are made.
///
/// ```
///            accept script                     dispatch script                    settle script
/// provider ───────────────▶ queue:<queue> ───claim───▶ work:events:<consumer> ──▶ lane:<destination> ──▶ destination
///    │  dedupe:<source>:<key>   (list of events)        lease:events:<consumer>     :inflight :delayed :dead
///    │  event:<id>  index:<source>  ledger                                          state:<id>  attempts:<id>
///    ├─ quarantined ─▶ dead:<queue>
///    └─ not authentic ─▶ refused:<source>  refusal:<id>
/// ```
///
/// | key | type | what | life |
/// | --- | --- | --- | --- |
/// | `queue:<queue>` | list | events as JSON, one line each | until taken |
/// | `work:<queue>:<consumer>` | list | taken and not yet finished | until finished or returned |
/// | `consumers:<queue>` | set | consumers watched over | until long after they are gone |
/// | `lease:<queue>:<consumer>` | string | heartbeat | its own expiry |
/// | `delayed:<queue>` | zset (ms) | events to be seen again later | until due |
/// | `dead:<queue>` | list | events given up, quarantined deliveries | until retried or discarded |
/// | `queue:<queue>:paused` | string | since when the queue is paused (ms) | until resumed |
/// | `queue:<queue>:aside` | list | what waits while the queue is paused | until resumed |
/// | `queues` | set | queues ever configured, watched for lapsed leases | for ever |
/// | `returns:<queue>` | hash | SHA-1 of an event → how often it came back from a lapsed worker | a day after the last |
/// | `idle:<queue>` | hash | consumer without lease and work → since when (ms) | until it is forgotten or back |
/// | `tenant:<tenant>:rate` | string | when a tenant with a limit may have a whole minute's events again (µs) | until then |
/// | `tenant:<tenant>:held` | list | what is held back for the limit: names of queues, a line end, the event | until the limit lets it go |
/// | `tenants:holding` | set | tenants of whom something is held back | until nothing is |
/// | `dedupe:<source>:<key>` | string | id of the first delivery | dedupe window |
/// | `token:<source>:<SHA-256>` | string | SHA-256 of what a single-use token has proved, where a provider signs no more | as long as the token could prove anything |
/// | `event:<id>` | string | the record: line of metadata, line of envelope, raw body (`EventRecord`) | archive time; no expiry while owed |
/// | `alias:<id>` | string | the first delivery's id, for a spooled event that proved a duplicate | dedupe window |
/// | `index:<source>` | zset (ms) | ids by arrival | trimmed with the records |
/// | `state:<id>` | hash | `pending` count, `to:<destination>` = waiting, delivered, dead, …, `held:<queue>` dead there, `forced:<destination>` | with the record |
/// | `attempts:<id>` | list | JSON, one an attempt, newest last | with the record |
/// | `forced:<id>` | string | how often the event was replayed with a new deduplication key | 400 days after the last |
/// | `lane:<destination>` | list | ids waiting | until claimed |
/// | `lane:<destination>:inflight` | zset (ms: end of the claim) | ids claimed | until settled or returned |
/// | `lane:<destination>:tokens` | hash | id → token of its claim | as inflight |
/// | `lane:<destination>:delayed` | zset (ms: due) | ids to be retried | until due |
/// | `lane:<destination>:dead` | zset (ms) | ids given up; why is in `state:<id>` | until retried or discarded |
/// | `lane:<destination>:paused` | string | since when the lane is paused (ms) | until resumed |
/// | `lane:<destination>:disabled` | string | since when new events skip it (ms) | until enabled |
/// | `lane:<destination>:circuit` | hash | failures in a row; `state`, `since`, `until` while not closed | until a success, a week |
/// | `lane:<destination>:last` | hash | when it last took an event (`delivered`, ms) and failed (`failed`, `category`, `reason`) | until the destination is forgotten, 400 days |
/// | `lane:<destination>:rate` | string | when the next request is due (µs) | until then |
/// | `lane:<destination>:order` | hash | which event holds which key, see `laneOrderLua` | while order is kept |
/// | `lane:<destination>:parked` | zset | events that wait for another of their key | until it has ended |
/// | `refused:<source>` | zset (0) | ids of refused deliveries, in order of arrival: a ring of 200 | 3 days |
/// | `refused:<source>:sizes` | hash | id → bytes of its record, and the address that it came from | 3 days |
/// | `refused:<source>:pace` | string | one was kept within the last second | 1 second |
/// | `refusal:<id>` | string | a refused delivery: a line of JSON, raw body (`Refusal`) | 3 days |
/// | `replays`, `replays:active` | zset (ms), set | replays of many events; those that somebody works on | 30 days; until done |
/// | `replays:open:<tenant>` | zset (ms) | a tenant's replays that have not ended; without a tenant those of admins of all | until they end, 30 days |
/// | `replay:<id>` | hash | one replay: what was asked for, its state and figures | 30 days |
/// | `replay:<id>:items` | list | `<target>|<event id>` that are still to be sent, oldest last | until done, 30 days |
/// | `replay:<id>:lease` | string | the process that works on it | 5 seconds |
/// | `replay:key:<SHA-256>` | string | the replay that an `Idempotency-Key` made; of one event also what was asked for | a day |
/// | `stats:<hour>` | hash | `<minute>|<ledger's field>` → growth | 8 days |
/// | `stats:last` | hash | the ledger at the last sample | for ever |
/// | `ledger` | hash | cumulative counters, see `Ledger` | for ever |
/// | `meta` | hash | layout version, partition count | for ever |
struct Keys: Sendable {
    /// The layout that this version writes; kept in `meta`.
    static let layoutVersion = 1
    /// The queue that belongs to the forwarder.
    static let eventsQueue = "events"
    /// A longer idempotency key is replaced by its hash in the dedupe key, in bytes.
    static let longestIdempotencyKey = 200

    /// What all keys of the partition start with; the braces keep a partition in one Cluster slot.
    let prefix: String

    init(prefix: String = "wh", partition: Int = 0) {
        self.prefix = "\(prefix):{\(partition)}:"
    }

    // MARK: Public: workers rely on these

    func queue(_ queue: String) -> String { "\(prefix)queue:\(queue)" }
    func work(_ queue: String, _ consumer: String) -> String { "\(prefix)work:\(queue):\(consumer)" }
    func consumers(_ queue: String) -> String { "\(prefix)consumers:\(queue)" }
    func lease(_ queue: String, _ consumer: String) -> String { "\(prefix)lease:\(queue):\(consumer)" }
    func delayed(_ queue: String) -> String { "\(prefix)delayed:\(queue)" }
    func dead(_ queue: String) -> String { "\(prefix)dead:\(queue)" }
    func dedupePrefix(_ source: String) -> String { "\(prefix)dedupe:\(source):" }

    // MARK: Internal

    func queuePaused(_ queue: String) -> String { "\(prefix)queue:\(queue):paused" }
    func queueAside(_ queue: String) -> String { "\(prefix)queue:\(queue):aside" }
    var queues: String { "\(prefix)queues" }
    func returns(_ queue: String) -> String { "\(prefix)returns:\(queue)" }
    func idle(_ queue: String) -> String { "\(prefix)idle:\(queue)" }
    func tenantRate(_ tenant: String) -> String { "\(prefix)tenant:\(tenant):rate" }
    func tenantHeld(_ tenant: String) -> String { "\(prefix)tenant:\(tenant):held" }
    var tenantsHolding: String { "\(prefix)tenants:holding" }
    /// `event:` + id.
    var eventPrefix: String { "\(prefix)event:" }
    func event(_ id: String) -> String { eventPrefix + id }
    func tokenPrefix(_ source: String) -> String { "\(prefix)token:\(source):" }
    var aliasPrefix: String { "\(prefix)alias:" }
    func alias(_ id: String) -> String { aliasPrefix + id }
    func index(_ source: String) -> String { "\(prefix)index:\(source)" }
    func state(_ id: String) -> String { "\(prefix)state:\(id)" }
    var attemptsPrefix: String { "\(prefix)attempts:" }
    func attempts(_ id: String) -> String { attemptsPrefix + id }
    func forced(_ id: String) -> String { "\(prefix)forced:\(id)" }
    func lane(_ destination: String) -> String { "\(prefix)lane:\(destination)" }
    func laneInflight(_ destination: String) -> String { "\(prefix)lane:\(destination):inflight" }
    func laneTokens(_ destination: String) -> String { "\(prefix)lane:\(destination):tokens" }
    func laneDelayed(_ destination: String) -> String { "\(prefix)lane:\(destination):delayed" }
    func laneDead(_ destination: String) -> String { "\(prefix)lane:\(destination):dead" }
    func lanePaused(_ destination: String) -> String { "\(prefix)lane:\(destination):paused" }
    func laneDisabled(_ destination: String) -> String { "\(prefix)lane:\(destination):disabled" }
    func laneCircuit(_ destination: String) -> String { "\(prefix)lane:\(destination):circuit" }
    func laneLast(_ destination: String) -> String { "\(prefix)lane:\(destination):last" }
    func laneRate(_ destination: String) -> String { "\(prefix)lane:\(destination):rate" }
    func laneOrder(_ destination: String) -> String { "\(prefix)lane:\(destination):order" }
    func laneParked(_ destination: String) -> String { "\(prefix)lane:\(destination):parked" }
    func refused(_ source: String) -> String { "\(prefix)refused:\(source)" }
    func refusedSizes(_ source: String) -> String { "\(prefix)refused:\(source):sizes" }
    func refusedPace(_ source: String) -> String { "\(prefix)refused:\(source):pace" }
    /// `refusal:` + id.
    var refusalPrefix: String { "\(prefix)refusal:" }
    func refusal(_ id: String) -> String { refusalPrefix + id }
    var ledger: String { "\(prefix)ledger" }
    var meta: String { "\(prefix)meta" }
}

/// The ledger as metrics (contract §10, §11): read from Redis when somebody asks for metrics.
@ControlPlane
final class LedgerMetrics {
    private let connection: RedisConnection
    private let keys: Keys

    init(_ redis: RedisSettings, _ configuration: RedisConfiguration) {
        connection = RedisConnection(redis, scripts: [.ledger], loop: ControlPlane.loop)
        keys = Keys(prefix: configuration.prefix)
        connection.start()
    }

    func stop() { connection.stop() }

    /// Whether Redis answers.
    func isStoreUp() async -> Bool { (try? await connection.command(["PING"])) != nil }

    /// Adds the families; without Redis there are none, and `webhook_redis_up` says why.
    func append(_ configuration: Configuration, to text: inout PrometheusText) async {
        guard
            let ledger = try? await Ledger.read(
                connection, keys, sources: configuration.sources.map(\.name),
                queues: Set(configuration.sources.flatMap(\.queues)),
                destinations: configuration.destinations.map(\.name), dataDirectory: configuration.dataDirectory)
        else { return }
        text.family("webhook_unaccounted_events", .gauge, "Accepted events that nobody can account for; must be 0.")
        text.sample("webhook_unaccounted_events", ledger.unaccounted)
        text.family(
            "webhook_lost_by_store_events", .gauge,
            "Events that the store had confirmed to this gateway and does not know any more; must be 0.")
        text.sample("webhook_lost_by_store_events", ledger.lostByStore)
        text.family("webhook_queue_depth", .gauge, "Entries that wait on a queue.")
        for queue in ledger.queues { text.sample("webhook_queue_depth", ["queue": queue.name], queue.flow.waiting) }
        text.family("webhook_queue_in_flight", .gauge, "Entries that consumers of a queue hold.")
        for queue in ledger.queues {
            text.sample("webhook_queue_in_flight", ["queue": queue.name], queue.flow.inFlight)
        }
        text.family("webhook_dead_letters", .gauge, "Events that lie dead now, by place; queues as queue:<name>.")
        for lane in ledger.lanes { text.sample("webhook_dead_letters", ["place": lane.name], lane.flow.dead) }
        for queue in ledger.queues {
            text.sample("webhook_dead_letters", ["place": "queue:\(queue.name)"], queue.flow.dead)
        }
        text.family(
            "webhook_quarantined_events", .gauge, "Authentic deliveries that could not be made events, by source.")
        for source in ledger.sources {
            text.sample("webhook_quarantined_events", ["source": source.name], source.quarantined)
        }
        text.family("webhook_lane_events", .gauge, "Events that a destination's lane owes, by state.")
        for lane in ledger.lanes {
            for (state, count) in [
                ("waiting", lane.flow.waiting), ("in_flight", lane.flow.inFlight), ("delayed", lane.flow.delayed),
            ] {
                text.sample("webhook_lane_events", ["destination": lane.name, "state": state], count)
            }
        }
        text.family(
            "webhook_dead_total", .counter, "Events that a destination's lane gave up, by category of the failure.")
        for death in ledger.deaths {
            text.sample("webhook_dead_total", ["destination": death.lane, "category": death.category], death.count)
        }
        await appendLimits(configuration.tenantLimits, to: &text)
        await appendCircuits(configuration, to: &text)
        text.family("webhook_orphan_lane", .gauge, "Events owed to a destination that has left the configuration.")
        for lane in ledger.orphans(configuration) {
            text.sample("webhook_orphan_lane", ["destination": lane.name], lane.flow.present)
        }
    }

    /// Of tenants that have a limit of their own; what was refused of others is in `webhook_requests_total`.
    private func appendLimits(_ limits: TenantLimitsConfiguration, to text: inout PrometheusText) async {
        let tenants = limits.tenants.filter { $0.limits.eventsPerMinute > 0 }.map(\.name)
        let store = TenantStore(connection: connection, keys: keys)
        guard !tenants.isEmpty, let usages = try? await store.usage(of: tenants, limits) else { return }
        text.family(
            "webhook_tenant_held_events", .gauge, "Events held back because the tenant has more than its limit.")
        for (tenant, usage) in zip(tenants, usages) {
            text.sample("webhook_tenant_held_events", ["tenant": tenant], usage.held)
        }
        text.family(
            "webhook_tenant_refused_events_total", .counter,
            "Events answered 429 because the tenant has more than its limit.")
        for (tenant, usage) in zip(tenants, usages) {
            text.sample("webhook_tenant_refused_events_total", ["tenant": tenant], usage.refusedTotal)
        }
    }

    private func appendCircuits(_ configuration: Configuration, to text: inout PrometheusText) async {
        let names = configuration.destinations.map(\.name)
        let control = LaneControl(
            connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds)
        guard let statuses = try? await control.status(names) else { return }
        text.family(
            "webhook_circuit_state", .gauge, "The circuit of a destination: 0 closed, 1 half-open, 2 open.")
        for (name, status) in zip(names, statuses) {
            text.sample("webhook_circuit_state", ["destination": name], status.circuit.state.number)
        }
        text.family("webhook_lane_paused", .gauge, "Whether an operator has the events of a destination wait.")
        for (name, status) in zip(names, statuses) {
            text.sample("webhook_lane_paused", ["destination": name], status.pausedSince == nil ? 0 : 1)
        }
    }
}

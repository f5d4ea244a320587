/// The ingest side's metrics (contract §10).
enum Metrics {
    static func append(_ workers: [WorkerSnapshot], spool: SpoolStatus.Figures, to text: inout PrometheusText) {
        var sources: [String: SourceCounters] = [:]
        var strangers: [Int: UInt64] = [:]
        for worker in workers {
            for (name, counters) in worker.sources { sources[name, default: SourceCounters()].merge(counters) }
            strangers.merge(worker.strangers, uniquingKeysWith: +)
        }
        let ordered = sources.sorted { $0.key < $1.key }
        text.family("webhook_requests_total", .counter, "Requests to a source by what became of them.")
        for (name, counters) in ordered {
            for (outcome, count) in zip(RequestOutcome.allCases, counters.requests) {
                text.sample("webhook_requests_total", ["source": name, "outcome": outcome.rawValue], count)
            }
        }
        text.family("webhook_rejected_requests_total", .counter, "Requests to no source, or not HTTP, by status.")
        for (status, count) in strangers.sorted(by: { $0.key < $1.key }) {
            text.sample("webhook_rejected_requests_total", ["status": "\(status)"], count)
        }
        text.family("webhook_request_duration_seconds", .histogram, "From a request's head to its answer.")
        for (name, counters) in ordered {
            text.histogram("webhook_request_duration_seconds", ["source": name], counters.duration)
        }
        text.family("webhook_events_total", .counter, "New events by canonical type.")
        for (name, counters) in ordered {
            for (type, count) in counters.events.sorted(by: { $0.key < $1.key }) {
                text.sample("webhook_events_total", ["source": name, "type": type], count)
            }
        }
        text.family("webhook_duplicates_total", .counter, "Events that had been delivered before.")
        for (name, counters) in ordered {
            text.sample("webhook_duplicates_total", ["source": name], counters.duplicates)
        }
        text.family("webhook_spool_bytes", .gauge, "Size of the spool on disk.")
        text.sample("webhook_spool_bytes", spool.bytes)
        text.family("webhook_spool_events", .gauge, "Events in the spool that the store does not have yet, by source.")
        for (name, count) in spool.waiting.sorted(by: { $0.key < $1.key }) {
            text.sample("webhook_spool_events", ["source": name], count)
        }
        text.family("webhook_spooled_total", .counter, "Events taken into the spool.")
        text.sample("webhook_spooled_total", spool.taken)
        text.family("webhook_spool_drained_total", .counter, "Events that went from the spool to the store.")
        text.sample("webhook_spool_drained_total", spool.drained)
        text.family("webhook_connections", .gauge, "Open connections on the public port.")
        text.sample("webhook_connections", workers.reduce(0) { $0 + $1.connections })
        text.family("webhook_redis_up", .gauge, "Whether every ingest worker has its Redis.")
        text.sample("webhook_redis_up", !workers.isEmpty && workers.allSatisfy(\.isRedisReady) ? 1 : 0)
    }
}

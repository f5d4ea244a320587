/// The ingest side's metrics (contract §10).
enum Metrics {
    /// - Parameter isStoreUp: whether Redis answers a process that has no ingest workers; nil in one that has.
    static func append(
        _ workers: [WorkerSnapshot], spool: SpoolStatus.Figures, isStoreUp: Bool? = nil, to text: inout PrometheusText
    ) {
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
                text.sample("webhook_requests_total", ["source": name, "outcome": outcome.label.description], count)
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
        text.family(
            "webhook_verified_total", .counter, "Authentic deliveries by the secret that proved them, counted from 1.")
        for (name, counters) in ordered {
            for (index, count) in counters.proofs.enumerated() {
                text.sample("webhook_verified_total", ["source": name, "secret": "\(index + 1)"], count)
            }
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
        appendListeners(workers, to: &text)
        appendRefusals(workers, to: &text)
        text.family("webhook_redis_up", .gauge, "Whether every ingest worker, or a process without any, has its Redis.")
        let isUp = isStoreUp ?? (!workers.isEmpty && workers.allSatisfy(\.isRedisReady))
        text.sample("webhook_redis_up", isUp ? 1 : 0)
    }

    private static func appendListeners(_ workers: [WorkerSnapshot], to text: inout PrometheusText) {
        var figures = ListenerFigures()
        for worker in workers { figures.merge(worker.listener) }
        text.family("webhook_connections_accepted_total", .counter, "Connections accepted on the public port.")
        text.sample("webhook_connections_accepted_total", figures.accepted)
        text.family("webhook_connections_closed_total", .counter, "Connections that the gateway ended, by reason.")
        for reason in ListenerFigures.Reason.allCases {
            text.sample("webhook_connections_closed_total", ["reason": reason.label], figures.closed[reason.rawValue])
        }
        text.family(
            "webhook_accept_pauses_total", .counter, "How often accepting paused for want of descriptors or places.")
        text.sample("webhook_accept_pauses_total", figures.pauses)
        text.family("webhook_log_lines_dropped_total", .counter, "Access log lines lost because stderr was not read.")
        text.sample("webhook_log_lines_dropped_total", workers.reduce(0) { $0 + $1.droppedLines })
    }

    private static func appendRefusals(_ workers: [WorkerSnapshot], to text: inout PrometheusText) {
        var figures = RefusalKeeper.Figures()
        for worker in workers { figures.merge(worker.refusals) }
        text.family("webhook_refusals_kept_total", .counter, "Refused deliveries kept for a second look.")
        text.sample("webhook_refusals_kept_total", figures.kept)
        text.family("webhook_refusals_dropped_total", .counter, "Refused deliveries that were not kept, by reason.")
        for reason in RefusalKeeper.Drop.allCases {
            text.sample("webhook_refusals_dropped_total", ["reason": reason.label], figures.dropped[reason.rawValue])
        }
    }

    /// When each certificate expires.
    static func append(
        _ expiries: [(listener: String, name: String, unixSeconds: Int64)], to text: inout PrometheusText
    ) {
        guard !expiries.isEmpty else { return }
        let name = "webhook_tls_certificate_expiry_timestamp_seconds"
        text.family(name, .gauge, "When the certificate, or the first of its chain, expires.")
        for entry in expiries {
            text.sample(name, ["listener": entry.listener, "certificate": entry.name], entry.unixSeconds)
        }
    }
}

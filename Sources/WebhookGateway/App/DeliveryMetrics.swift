/// The forwarder's metrics (contract §10), counted by this process.
enum DeliveryMetrics {
    @ControlPlane
    static func append(_ forwarder: Forwarder, to text: inout PrometheusText) {
        let deliveries = forwarder.deliveries
        text.family(
            "webhook_delivery_attempts_total", .counter, "Attempts to deliver an event by what became of them.")
        for (destination, counts, _) in deliveries {
            for (outcome, count) in [("delivered", counts.delivered), ("retry", counts.retried), ("dead", counts.dead)]
            {
                text.sample(
                    "webhook_delivery_attempts_total", ["destination": destination, "outcome": outcome], count)
            }
        }
        text.family("webhook_delivery_duration_seconds", .histogram, "From a request to a destination to its outcome.")
        for (destination, _, durations) in deliveries {
            text.histogram("webhook_delivery_duration_seconds", ["destination": destination], durations)
        }
    }
}

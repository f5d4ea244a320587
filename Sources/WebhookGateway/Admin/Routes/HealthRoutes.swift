/// Whether the gateway lives and can take deliveries, and its figures.
enum HealthRoutes {
    static let all: [Route] = [
        Route(
            .get, "/livez", "health.live", "Whether the process answers at all", .open,
            answer: .other("It does.", MediaType.text)
        ) { _, _ in Reply(Response(.ok, contentType: MediaType.text, body: Array("ok\n".utf8))) },
        Route(
            .get, "/readyz", "health.ready", "Whether deliveries can be accepted", .open,
            answer: .other("They can.", MediaType.text)
        ) { _, services in
            guard await services.gateway?.isReady() ?? false else {
                throw Problem(.serviceUnavailable, "Deliveries cannot be accepted now.", retryAfter: 1)
            }
            return Reply(Response(.ok, contentType: MediaType.text, body: Array("ready\n".utf8)))
        },
        Route(
            .get, "/metrics", "health.metrics", "All figures, in Prometheus' text format", .openOnLoopback(.viewer),
            .installation, answer: .other("The figures.", MediaType.prometheus)
        ) { _, services in
            let text = await services.gateway?.metrics() ?? []
            return Reply(Response(.ok, contentType: MediaType.prometheus, body: text))
        },
    ]
}

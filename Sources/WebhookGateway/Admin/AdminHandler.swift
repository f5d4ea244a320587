import Verifiers

/// The admin listener's handler: health and metrics.
@ControlPlane
final class AdminHandler: @ControlPlane RequestHandler {
    /// What the handler asks the gateway.
    protocol Gateway: AnyObject {
        /// Whether deliveries can be accepted.
        @ControlPlane func isReady() async -> Bool
        /// All figures, in Prometheus' text format.
        @ControlPlane func metrics() async -> [UInt8]
    }

    private enum Route {
        case live, ready, metrics
    }

    private var routes = PathTrie<Route>()
    private weak var gateway: (any Gateway)?
    private let log: Log

    init(gateway: any Gateway, log: Log) {
        self.gateway = gateway
        self.log = log
        for method in [HTTPMethod.get, .head] {
            routes.insert(method, "/livez", .live)
            routes.insert(method, "/readyz", .ready)
            routes.insert(method, "/metrics", .metrics)
        }
    }

    func admit(_ request: Request, _ context: RequestContext) -> Admission {
        switch routes.match(request.method, request.path) {
        case .found: .accept(maxBodyBytes: 0)
        case .notFound:
            .refuse(Problem(.notFound, "There is nothing at this address.").response(requestID: context.requestID))
        case .methodNotAllowed(let methods):
            .refuse(IngestAnswer.methodNotAllowed(methods).response(requestID: context.requestID))
        }
    }

    func handle(_ request: Request, _ context: RequestContext, _ exchange: Exchange) {
        guard case .found(let route, _) = routes.match(request.method, request.path) else { return }
        switch route {
        case .live: exchange.reply(Self.text(.ok, "ok\n"))
        case .ready:
            Task { [gateway] in
                let isReady = await gateway?.isReady() ?? false
                exchange.reply(isReady ? Self.text(.ok, "ready\n") : Self.text(.serviceUnavailable, "not ready\n"))
            }
        case .metrics:
            Task { [gateway] in
                let text = await gateway?.metrics() ?? []
                exchange.reply(Response(.ok, contentType: MediaType.prometheus, body: text))
            }
        }
    }

    func rejected(status: Int, detail: String, _ context: RequestContext) {
        log.info(
            "admin request refused",
            [
                "request": .text(context.requestID.description), "status": .integer(Int64(status)),
                "reason": .text(detail),
            ])
    }

    private static func text(_ status: HTTPStatus, _ text: String) -> Response {
        Response(status, contentType: MediaType.text, body: Array(text.utf8))
    }
}

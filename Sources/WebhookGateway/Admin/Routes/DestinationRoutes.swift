import Verifiers

/// Where events go: look, enable, disable, pause, resume, test.
enum DestinationRoutes {
    private static let destination: [Shape.Member] = [
        Shape.Member("destination", .string), Shape.Member("type", .optional(.string)),
        Shape.Member("enabled", .boolean), Shape.Member("orphan", .boolean, "left the configuration, events wait"),
        Shape.Member("disabledSince", .optional(.moment)), Shape.Member("pausedSince", .optional(.moment)),
        Shape.Member("filter", .optional(.anything)), Shape.Member("circuit", CircuitRoutes.circuit),
        Shape.Member("lastError", .optional(.string), "of the last failure; null for a tenant's token"),
        Shape.Member("lastErrorAt", .optional(.moment)),
        Shape.Member("lastDeliveryAt", .optional(.moment), "to the second; null for a tenant's token"),
        Shape.Member("counts", .optional(.anything), "the ledger's; null for a tenant's token"),
        Shape.Member("perMinute", .optional(.integer(0 ... .max)), "delivered in the last full minute"),
    ]

    private static let name = Shape.Member("destination", .name, "a destination's name")
    private static let changed = Shape.record([
        Shape.Member("destination", .string), Shape.Member("changed", .boolean, "false: it was so before"),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/destinations", "destinations.list", "Where events go, and how it stands", .role(.viewer),
            query: Shape.Member.part, answer: .page("The destinations.", of: .record(destination)), handle: list),
        change("enable", "New events go to it again") { try await $0.enable($1) },
        change("disable", "New events skip it, visibly; what is in its lane waits") { try await $0.disable($1) },
        change("pause", "Events wait") { try await $0.pause($1) },
        change("resume", "Events go on") { try await $0.resume($1) },
        Route(
            .post, "/api/v1/destinations/{destination}/test", "destinations.test",
            "Ask the destination about its credentials, without sending it an event; once a second, five times at once",
            .role(.operator), .installation,
            parameters: [name],
            answer: .json(
                "What it said, and what that proves.",
                .record([
                    Shape.Member("destination", .string),
                    Shape.Member("result", .choice(["verified", "unverifiable", "failed"])),
                    Shape.Member("category", .optional(.string)), Shape.Member("explanation", .string),
                ])), problems: [.unprocessableContent, .tooManyRequests], handle: test),
    ]

    private static func change(
        _ verb: String, _ summary: String,
        _ work: @escaping @ControlPlane @Sendable (LaneControl, String) async throws -> Bool
    ) -> Route {
        Route(
            .post, "/api/v1/destinations/{destination}/\(verb)", "destinations.\(verb)", summary, .role(.operator),
            .installation, parameters: [name], answer: .json("The destination.", changed)
        ) { request, services in
            let name = try known(request.path("destination"), services).name
            let isChanged = try await work(services.lanes, name)
            var line = JSONLine()
            line.add("destination", name)
            line.add("changed", isChanged)
            return .json(line, note: isChanged ? "" : "was so before")
        }
    }

    @ControlPlane
    static func known(_ name: String, _ services: AdminServices) throws(Problem) -> DestinationConfiguration {
        guard let destination = services.configuration.destination(named: name) else {
            throw Problem(.notFound, "The configuration has no destination \(TextRule.quoted(name)).")
        }
        return destination
    }

    @ControlPlane
    private static func list(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let tenant = request.principal.tenant
        let ledger = try await services.ledger()
        let rates = try await services.stats.lastMinute()
        let lanes = ledger.lanes.filter { lane in
            guard let destination = services.configuration.destination(named: lane.name) else {
                return tenant == nil && lane.flow.present > 0
            }
            return destination.isFor(tenant)
        }
        let statuses = try await services.lanes.status(lanes.map(\.name))
        let items = zip(lanes, statuses).map { lane, status in
            let configuration = services.configuration.destination(named: lane.name)
            var line = JSONLine()
            line.add("destination", lane.name)
            line.add("type", configuration?.type)
            line.add("enabled", configuration?.enabled == true && status.disabledSince == nil)
            line.add("orphan", configuration == nil)
            line.add("disabledSince", status.disabledSince.map(Timestamp.text))
            line.add("pausedSince", status.pausedSince.map(Timestamp.text))
            line.add("filter", json: configuration?.filter.json(for: tenant) ?? [])
            line.add("circuit", json: status.circuit.line(tenant: tenant).json)
            line.add("lastError", tenant == nil ? status.circuit.reason ?? status.last.words : nil)
            line.add("lastErrorAt", tenant == nil ? status.last.failedAt.map(Timestamp.text) : nil)
            line.add("lastDeliveryAt", tenant == nil ? status.last.deliveredAt.map(Timestamp.text) : nil)
            line.add("counts", json: tenant == nil ? lane.json : [])
            line.add("perMinute", tenant == nil ? rates["lane:\(lane.name):done"] ?? 0 : nil)
            return line.json
        }
        return try request.page(items)
    }

    @ControlPlane
    private static func test(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let destination = try known(request.path("destination"), services)
        try services.outbound.take(request.principal, destination: destination.name)
        let check: CredentialCheck
        do throws(InvalidDestination) {
            check = try await CredentialCheck.run(destination)
        } catch {
            throw Problem(.unprocessableContent, "The destination cannot be made: \(error).")
        }
        var line = JSONLine()
        line.add("destination", destination.name)
        line.add("result", check.verdict.word)
        line.add("category", check.verdict.category?.rawValue)
        line.add("explanation", check.explanation)
        return .json(line, note: check.verdict.word)
    }
}

extension DestinationConfiguration {
    /// Whether a tenant's events may go there; nil: whoever sees all.
    func isFor(_ tenant: String?) -> Bool {
        guard let tenant else { return true }
        return filter.tenants.contains { TypePattern($0).matches(tenant) }
    }
}

extension FilterConfiguration {
    /// A tenant does not read which others there are.
    fileprivate func json(for tenant: String?) -> [UInt8] {
        guard let tenant else { return json }
        var visible = self
        visible.tenants = tenants.filter { TypePattern($0).matches(tenant) }
        return visible.json
    }
}

import Verifiers

/// The destinations' circuit breakers.
enum CircuitRoutes {
    static let circuit = Shape.record([
        Shape.Member("state", .choice(["closed", "half-open", "open"])),
        Shape.Member("failures", .integer(0 ... .max), "in a row"), Shape.Member("since", .optional(.moment)),
        Shape.Member("until", .optional(.moment), "when it is worth a probe"),
        Shape.Member("category", .optional(.string)), Shape.Member("reason", .optional(.string)),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/circuits", "circuits.list", "The state of each destination's circuit", .role(.viewer),
            .installation, query: Shape.Member.part,
            answer: .page(
                "The circuits.",
                of: .record([Shape.Member("destination", .string), Shape.Member("circuit", circuit)]))
        ) { request, services in
            let names = services.configuration.destinations.map(\.name)
            let statuses = try await services.lanes.status(names)
            return try request.page(
                zip(names, statuses).map { name, status in
                    var line = JSONLine()
                    line.add("destination", name)
                    line.add("circuit", json: status.circuit.line(tenant: nil).json)
                    return line.json
                })
        },
        Route(
            .post, "/api/v1/circuits/{destination}/reset", "circuits.reset", "Close a circuit, as a success would",
            .role(.operator), .installation,
            parameters: [Shape.Member("destination", .name, "a destination's name")],
            answer: .json(
                "The destination.",
                .record([Shape.Member("destination", .string), Shape.Member("changed", .boolean)]))
        ) { request, services in
            let name = try DestinationRoutes.known(request.path("destination"), services).name
            let isChanged = try await services.lanes.resetCircuit(name)
            var line = JSONLine()
            line.add("destination", name)
            line.add("changed", isChanged)
            return .json(line)
        },
    ]
}

extension LaneControl.Circuit {
    /// A tenant does not read the reason: the answer behind it may be to another's event.
    func line(tenant: String?) -> JSONLine {
        var line = JSONLine()
        line.add("state", state.rawValue)
        line.add("failures", failures)
        line.add("since", since.map(Timestamp.text))
        line.add("until", until.map(Timestamp.text))
        line.add("category", category)
        line.add("reason", tenant == nil ? reason : nil)
        return line
    }
}

import Verifiers

/// The refused deliveries as one principal may see and change them.
///
/// Whose a refused delivery is nobody knows before it is proved: a tenant's token sees those of sources that are its
/// tenant's alone.
@ControlPlane
struct RefusalDesk {
    static let gone = "it is not there (any more)"

    let store: RefusalStore
    let judge: RefusalJudge
    private let services: AdminServices
    private let sources: [String: SourceConfiguration]
    /// The sources whose refusals these are.
    let names: [String]

    init(_ principal: Principal, _ services: AdminServices) {
        let own = services.configuration.sources.filter { source in
            principal.sees(source.tenant) && source.tenants.values.allSatisfy { principal.sees($0) }
        }
        self.services = services
        names = own.map(\.name)
        sources = Dictionary(own.map { ($0.name, $0) }) { first, _ in first }
        store = RefusalStore(connection: services.connection, keys: services.keys)
        judge = RefusalJudge(Array(own))
    }

    var acceptance: RefusalAcceptance {
        RefusalAcceptance(services.configuration, judge, connection: services.connection, keys: services.keys)
    }

    func list(
        _ filter: RefusalFilter, limit: Int, before cursor: String? = nil
    ) async throws(RedisFailure) -> RefusalStore.Page {
        try await store.list(filter, of: names, limit: limit, before: cursor)
    }

    /// The refusal of that id; nil when it is not there for the principal.
    func find(_ id: String) async throws(RedisFailure) -> Refusal? {
        guard let refusal = try await store.refusal(id), sources[refusal.source] != nil else { return nil }
        return refusal
    }

    func refusal(_ id: String) async throws -> Refusal {
        guard let refusal = try await find(id) else {
            throw Problem(
                .notFound,
                "There is no refused delivery \(TextRule.quoted(id)) (any more); the newest 200 of a source are kept, for three days."
            )
        }
        return refusal
    }

    // MARK: Answers

    func summary(of refusal: Refusal) -> JSONLine {
        refusal.line(
            tenant: sources[refusal.source]?.tenant ?? "", isAcceptable: judge.verdict(on: refusal).isAuthentic)
    }

    func detail(of refusal: Refusal) -> JSONLine {
        var line = summary(of: refusal)
        refusal.addDetail(judge, to: &line)
        return line
    }
}

extension Refusal {
    /// The members that lists show.
    func line(tenant: String, isAcceptable: Bool) -> JSONLine {
        var line = JSONLine()
        line.add("id", id)
        line.add("source", source)
        line.add("tenant", tenant)
        line.add("refusedAt", Timestamp.text(receivedAt))
        line.add("reason", reason.rawValue)
        line.add("httpStatus", status)
        line.add("peer", peer?.description)
        line.add("bodyBytes", bodyBytes)
        line.add("body", bodyState.rawValue)
        line.add("acceptable", isAcceptable)
        line.add(
            "events", json: events.map { "[\($0.map { "\"\($0)\"" }.joined(separator: ","))]".utf8.map(\.self) } ?? [])
        return line
    }

    /// Adds what only one refusal's own page shows.
    @ControlPlane
    func addDetail(_ judge: RefusalJudge, to line: inout JSONLine) {
        let secret: Int? = if case .authentic(let secret) = judge.verdict(on: self) { secret } else { nil }
        line.add("explanation", judge.explanation(of: self))
        line.add("secret", secret)
        line.add("method", method)
        line.add("target", RefusalSeal.masked(target))
        line.add(
            "headers",
            list: headers.map { name, value in
                var field: [UInt8] = [UInt8(ascii: "[")]
                JSONWriter.append(name, to: &field)
                field.append(UInt8(ascii: ","))
                JSONWriter.append(RefusalSeal.masked(value), to: &field)
                return field + [UInt8(ascii: "]")]
            })
    }
}

extension RefusalAcceptance.AcceptedEvent {
    /// As answers tell it.
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id)
        line.add("duplicate", isDuplicate)
        line.add("quarantined", isQuarantined)
        return line
    }
}

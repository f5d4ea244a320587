import Testing
import Verifiers

@testable import WebhookGateway

/// Every role, every route, one tenant against another: what is the other's bears a mark, which no answer may hold and no
/// request may change.
///
/// The routes are those of the table, so a new one is in here by itself; what its parameters mean must be said in
/// `foreign` where their names are new.
@ControlPlane
struct TenantIsolationTests {
    /// Stands in all that belongs to the other tenant.
    private nonisolated static let mark = "zebra"

    /// The other tenant's things, by the names of parameters.
    private struct Foreign {
        var values: [String: String]

        func value(of member: Shape.Member, in route: Route) -> String? {
            if member.name == "id" {
                return values[route.path.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""]
            }
            return values[member.name]
        }
    }

    // MARK: A store with two tenants in it

    private static func run(_ body: @ControlPlane (AdminBench, Foreign) async throws -> Void) async throws {
        let configuration = try ConfigurationSamples.load(
            """
            { sources: {
                stripe: { provider: "stripe", secrets: ["x"], tenant: "acme", queues: ["events", "acme-queue"] },
                "\(mark)-source": { provider: "square", secrets: ["x"], notificationURL: "https://\(mark).example/",
                                  tenant: "\(mark)", queues: ["events", "\(mark)-queue"] },
                shared: { provider: "stripe", secrets: ["x"], tenant: "\(mark)", tenants: { acct_1: "acme" } } },
              destinations: {
                crm: { type: "console", filter: { tenants: ["acme", "\(mark)"] } },
                "\(mark)-crm": { type: "console", filter: { tenants: ["\(mark)"] } } } }
            """
        ).configuration
        try await AdminBench.run({ $0 = configuration }) { (bench: AdminBench) async throws in
            try await body(bench, try await fill(bench))
        }
    }

    private static func fill(_ bench: AdminBench) async throws -> Foreign {
        let (store, keys) = (bench.store, bench.store.keys)
        let now = Clock.unixMilliseconds()
        var commands: [[RedisArgument]] = []
        for (number, tenant, source) in [(0, "acme", "stripe"), (1, mark, "\(mark)-source")] {
            let id = StoreFixture.id(number)
            let json =
                #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/\#(source)","type":"payment.succeeded","#
                + #""subject":"\#(tenant)-subject","tenant":"\#(tenant)","providerid":"\#(tenant)-evt","#
                + #""receivedat":"\#(Timestamp.text(now))","data":{"name":"\#(tenant)"}}"#
            let attempt =
                #"{"time":"2026-11-21T08:41:00Z","destination":"crm","attempt":1,"status":400,"category":"validation","#
                + #""reason":"row 2: \#(mark)","events":2,"tenants":2,"request":"POST /","#
                + #""answer":"row 2: \#(mark) is wrong"}"#
            commands += [
                ["SET", .text(keys.event(id)), .text("{\"source\":\"\(source)\"}\n\(json)\nbody of \(tenant)")],
                ["ZADD", .text(keys.index(source)), .integer(now), .text(id)],
                ["SET", .text("\(keys.dedupePrefix(source))\(tenant)-evt"), .text(id)],
                [
                    "HSET", .text(keys.state(id)), "status", "dead", "to:crm", "dead", "reason:crm",
                    .text("the answer to \(tenant) and \(mark)"), "category:crm", "validation", "attempts:crm", 1,
                    "shared:crm", 1,
                ],
                ["RPUSH", .text(keys.attempts(id)), .text(attempt)],
                ["ZADD", .text(keys.laneDead("crm")), .integer(now), .text(id)],
                ["HINCRBY", .text(keys.ledger), "lane:crm:entered", 1],
                ["HINCRBY", .text(keys.ledger), .text("source:\(source):accepted"), 1],
            ]
        }
        let buried =
            #"{"specversion":"1.0","id":"01ZEBRAQUEUE","source":"/webhooks/\#(mark)-source","type":"x.y","#
            + #""tenant":"\#(mark)","quarantined":true,"deadreason":"\#(mark)","deadcategory":"dataError","data":{}}"#
        let refusal = Refusal(
            id: "01JB2QK9Z8X4YV7WTN3M5R6P1D", source: "\(mark)-source", reason: .mismatch, status: 401, receivedAt: now,
            peer: nil, method: "POST", target: "/webhooks/\(mark)-source", headers: [("x-mark", mark)], bodyBytes: 5,
            bodyState: .kept, salt: [1], body: Array(mark.utf8)[...])
        commands.append(["SET", .text(keys.refusal(refusal.id)), .bytes(refusal.record)])
        commands.append(["ZADD", .text(keys.refused(refusal.source)), 0, .text(refusal.id)])
        commands.append(["RPUSH", .text(keys.dead("\(mark)-queue")), .text(buried)])
        commands.append(["SADD", .text(keys.queues), .text("\(mark)-queue")])
        _ = try await store.connection.pipeline(commands)

        let services = bench.handler.services
        let (token, _) = AdminToken.make(
            name: "\(mark)-token", role: .viewer, tenant: mark, createdBy: mark, expiresAt: nil, now: now)
        try await services.authenticator.tokens.add(token)
        var ids = ULIDGenerator()
        var job = ReplayJob(
            id: ids.next(milliseconds: now).description, order: ReplayJob.Order(), state: .paused, who: "token:\(mark)",
            tenant: mark, createdAt: now)
        job.order.filter = Array(#"{"tenant":"\#(mark)"}"#.utf8)
        _ = try await services.replays.add(job, idempotencyKey: "\(mark)-key")
        try await services.audit.append(
            AuditEntry(
                who: "token:\(mark)", role: "admin", tenant: mark, action: "tokens.create", target: mark, detail: mark,
                from: "127.0.0.1", requestID: "x"))
        _ = try await services.mappings.set(nil, for: "\(mark)-source", who: mark, expected: nil)
        try await addIntegration(bench, now: now)
        return Foreign(values: [
            "events": StoreFixture.id(1), "replays": job.id, "tokens": token.id, "source": "\(mark)-source",
            "destination": "\(mark)-crm", "queue": "\(mark)-queue", "tenant": mark, "file": "app.js",
            "q": "\(mark)-evt", "key": "\(mark)-evt", "name": "\(mark)-source", "event": StoreFixture.id(1),
            "place": "crm", "provider": "pancake",
            "dead": "crm/\(StoreFixture.id(1))", "refusals": refusal.id, "integrations": "sources.\(mark)-managed",
        ])
    }

    /// A vault, and the other tenant's integration in it.
    private static func addIntegration(_ bench: AdminBench, now: Int64) async throws {
        let services = bench.handler.services
        let vault = Vault(
            connection: bench.store.connection, keys: services.control,
            masterKeys: MasterKeys(current: LocalMasterKey(.random(32))))
        var integration = Integration(
            id: Integration.ID(kind: .source, key: "\(mark)-managed"), tenant: mark, type: "stripe", name: mark,
            createdAt: now, updatedAt: now)
        let sealed = try await vault.seal(
            SecretBytes(Array("whsec_\(mark)".utf8)), integration.vaultContext(of: Integration.secretName))
        integration.credentials[Integration.secretName] = .init(sealed: sealed.text, setAt: now)
        #expect(try await services.integrations.add(integration, limit: 1, needsOwner: false) == .done)
        let catalog = IntegrationCatalog(known: .builtIn) { await vault.open($0) }
        await catalog.take(try await services.integrations.changes(since: 0), file: bench.gateway.declared)
        (bench.gateway.vault, bench.gateway.catalog) = (vault, catalog)
    }

    // MARK: Requests

    private static func address(_ route: Route, _ foreign: Foreign) -> String {
        var path = route.path
        for member in route.pathParameters {
            let value = foreign.value(of: member, in: route)
            #expect(value != nil, "\(route.name): say in `fill` what is another tenant's \(member.name)")
            path = path.replacing("{\(member.name)}", with: value ?? "")
        }
        return path
    }

    /// The route's address alone, with each parameter that names something of the other tenant's, and with all at once.
    private static func targets(_ route: Route, _ foreign: Foreign) -> [String] {
        let address = address(route, foreign)
        let pairs = route.query.compactMap { member in
            foreign.value(of: member, in: route).map { "\(member.name)=\($0)" }
        }
        return [address] + pairs.map { "\(address)?\($0)" }
    }

    /// Bodies that the route takes: with all members, and with each of those that exclude each other.
    private static func bodies(_ route: Route, _ foreign: Foreign) -> [String?] {
        guard let shape = route.body else { return [nil] }
        guard case .alternatives(let members, let names, _) = shape else {
            return [sample(shape, named: "", route, foreign)]
        }
        let others = members.filter { !names.contains($0.name) }
        return names.map { name in
            sample(.object(others + members.filter { $0.name == name }), named: "", route, foreign)
        } + (route.isBodyOptional ? [nil] : [])
    }

    private static func sample(_ shape: Shape, named name: String, _ route: Route, _ foreign: Foreign) -> String {
        switch shape {
        case .text, .string, .name, .cursor:
            if name == "ids" {
                let kind = route.path.contains("refusals") ? "refusals" : "dead"
                return "\"\(foreign.values[kind] ?? "")\""
            }
            if name == "destinations" { return "\"\(foreign.values["destination"] ?? "")\"" }
            // Rules that fit everything, for routes that take a mapping.
            if name == "text" { return #""[{match:'*'}]""# }
            if route.name == "integrations.create", name == "type" { return "\"stripe\"" }
            if ["type", "category", "group"].contains(name) { return "\"*\"" }
            return "\"\(foreign.values[name] ?? mark)\""
        case .choice(let choices): return "\"\(choices.first ?? "")\""
        case .integer(let range): return "\(range.clamped(to: 0...100).lowerBound)"
        case .boolean: return "false"
        case .moment: return name == "from" ? "\"2020-01-01T00:00:00Z\"" : "\"2100-01-01T00:00:00Z\""
        case .list(let element, _): return "[\(sample(element, named: name, route, foreign))]"
        case .object(let members), .alternatives(let members, _, _):
            let isNew = route.name == "integrations.create"
            let chosen = members.filter {
                !["category", "group", "type", "status"].contains($0.name) || isNew && $0.name == "type"
            }
            let parts = chosen.map { "\"\($0.name)\":\(sample($0.shape, named: $0.name, route, foreign))" }
            return "{\(parts.joined(separator: ","))}"
        case .map, .anything: return "{}"
        case .optional(let shape): return sample(shape, named: name, route, foreign)
        }
    }

    private static func isStream(_ route: Route) -> Bool {
        if case .other(let type) = route.answer.content { "\(type)" == "\(MediaType.eventStream)" } else { false }
    }

    /// All keys that bear the mark, or whose value does, as they are now; what every request changes left out.
    private static func marked(_ bench: AdminBench) async throws -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for key in try await bench.store.strings(["KEYS", "*"]) {
            // The log of changes, and when tokens were last used.
            if key.hasSuffix("}:audit") || key.hasSuffix("tokens:used") || key.contains("stats:")
                || key.hasSuffix(":lease")
            {
                continue
            }
            let dump = try await bench.store.connection.command(["DUMP", .text(key)]).bytes ?? []
            if !key.contains(StoreFixture.id(0)), !key.contains("acme") { result[key] = dump }
        }
        return result
    }

    // MARK: Tests

    @Test func `nobody reads or changes what is another tenant's, on any route in any role`() async throws {
        try await Self.run { bench, foreign in
            let before = try await Self.marked(bench)
            for role in Role.allCases {
                let token = try await bench.token(role, tenant: "acme")
                for route in RouteTable.all where !Self.isStream(route) && !route.name.hasPrefix("dashboard.") {
                    guard case .role(let needed) = route.access else { continue }
                    // Who is refused is refused before anything else is looked at.
                    let isRefused = role < needed || route.reach == .installation
                    let targets = Self.targets(route, foreign).prefix(isRefused ? 1 : .max)
                    for target in targets {
                        for body in Self.bodies(route, foreign).prefix(isRefused ? 1 : .max) {
                            let answer = try await bench.ask(
                                route.method.name.description, target, token: token, body: body)
                            let what = "\(role) \(route.name) \(target) \(body ?? ""): \(answer.code) \(answer.text)"
                            // 503: a provider that is somewhere else cannot be asked.
                            let mayFail = !route.path.hasPrefix("/api/v1/integrations")
                            #expect(answer.code < 500 || mayFail && answer.code == 503, "\(what)")
                            #expect(answer.code != 401, "\(what)")
                            if isRefused { #expect(answer.code == 403, "\(what)") }
                            // An error says again what was asked for, and no more.
                            if answer.code >= 400 { continue }
                            // So does a selection, which names what it left alone.
                            if body?.contains("\"ids\"") == true {
                                let json = try answer.json
                                let changed = json["changed"] ?? json["accepted"] ?? json["discarded"]
                                #expect(changed == "0", "\(what)")
                                continue
                            }
                            // The log repeats what this tenant itself has asked for.
                            if route.name == "audit.list" {
                                #expect(!answer.text.contains("token:\(Self.mark)"), "\(what)")
                                #expect(!answer.text.contains(#""tenant":"\#(Self.mark)""#), "\(what)")
                                continue
                            }
                            #expect(!answer.text.contains(Self.mark), "\(what)")
                            #expect(!answer.text.contains(StoreFixture.id(1)), "\(what)")
                        }
                    }
                }
            }
            let after = try await Self.marked(bench)
            for (key, value) in before where key != ControlKeys().tokens && key != Keys().ledger {
                #expect(after[key] == value, "\(key) was changed")
            }
            let tokens = try await bench.handler.services.authenticator.tokens.all()
            #expect(tokens.contains { $0.name == "\(Self.mark)-token" })
            #expect(!tokens.contains { $0.tenant == Self.mark && $0.name != "\(Self.mark)-token" })
        }
    }

    @Test func `the mark is there for whoever may see it, so its absence says something`() async throws {
        try await Self.run { bench, foreign in
            let token = try await bench.token(.admin)
            var showing: Set<String> = []
            for route in RouteTable.all where route.method == .get && !Self.isStream(route) {
                guard case .role = route.access else { continue }
                for target in Self.targets(route, foreign) {
                    let answer = try await bench.ask("GET", target, token: token)
                    if answer.code == 200, answer.text.contains(Self.mark) { showing.insert(route.name) }
                }
            }
            let expected = [
                "events.list", "events.show", "events.raw", "replays.list", "replays.show", "dead.list", "dead.groups",
                "queues.list", "sources.list", "refusals.list", "refusals.show", "refusals.raw", "idempotency.list",
                "mappings.show", "destinations.list",
                "circuits.list", "ledger.show", "audit.list", "tokens.list", "integrations.list", "integrations.show",
                "tenants.list",
            ]
            #expect(Set(expected).subtracting(showing) == [], "not shown to those who see all")
        }
    }

    @Test func `a tenant's own things are there for it`() async throws {
        try await Self.run { bench, _ in
            let token = try await bench.token(.operator, tenant: "acme")
            func get(_ target: String) async throws -> JSONDocument {
                try await bench.ask("GET", "/api/v1/\(target)", token: token).json
            }
            let event = try await get("events/\(StoreFixture.id(0))")
            #expect(event["tenant"] == "acme")
            #expect(event["attempts.0.request"] == "POST /" && event["attempts.0.answer"] == nil)
            #expect(event["attempts.0.reason"]?.contains("other tenants") == true)
            #expect(event["destinations.0.reason"]?.contains("other tenants") == true)
            #expect(try await get("dead")["items.0.event"] == StoreFixture.id(0))
            #expect(try await get("dead/groups")["items.0.count"] == "1")
            let sources = try await get("sources")
            #expect(sources["items.1.source"] == "shared" || sources["items.0.source"] == "shared")
            #expect(sources.count(of: sources.member("items")) == 2)
            let destinations = try await get("destinations")
            #expect(destinations["items.0.destination"] == "crm" && destinations["items.1.destination"] == nil)
            let order = #"{"filter":{},"destinations":["crm"],"dryRun":true}"#
            #expect(try await bench.ask("POST", "/api/v1/replays", token: token, body: order).json["events"] == "1")
            // It is sent to none of the other's destinations and queues.
            for place in [#"{"destination":"\#(Self.mark)-crm"}"#, #"{"queue":"\#(Self.mark)-queue"}"#] {
                let target = "/api/v1/events/\(StoreFixture.id(0))/replay"
                #expect(try await bench.ask("POST", target, token: token, body: place).code == 404)
            }
            let many = #"{"filter":{},"queue":"\#(Self.mark)-queue"}"#
            #expect(try await bench.ask("POST", "/api/v1/replays", token: token, body: many).code == 404)
        }
    }

    @Test func `an Idempotency-Key is its owner's, whatever tokens are called`() async throws {
        try await Self.run { bench, _ in
            let order = #"{"filter":{},"rate":1}"#
            var ids: Set<String> = []
            for tenant in ["acme", Self.mark, nil] {
                // All three tokens have one name.
                let token = try await bench.token(.operator, tenant: tenant)
                for _ in 0..<2 {
                    let answer = try await bench.ask(
                        "POST", "/api/v1/replays", token: token, body: order, headers: "Idempotency-Key: once\r\n")
                    #expect(answer.code == 202, "\(answer.text)")
                    #expect(try answer.json["tenant"] == tenant)
                    ids.insert(try #require(try answer.json["id"]))
                }
            }
            #expect(ids.count == 3)
        }
    }
}

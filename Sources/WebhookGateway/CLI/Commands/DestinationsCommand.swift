import Verifiers

/// `destinations`: where events go, and where they could go.
struct DestinationsCommand: Command {
    static let name = "destinations"
    static let summary = "list the destinations and what waits for them, pause, disable or test one; list the types"
    static let usage = """
        webhook-gateway destinations list [--json]
        webhook-gateway destinations types [--json]
        webhook-gateway destinations test NAME [--json]
        webhook-gateway destinations pause|resume|disable|enable|reset NAME
        webhook-gateway destinations drain NAME --from OLDFILE [--config FILE]
        webhook-gateway destinations discard NAME [--config FILE]
        webhook-gateway destinations move NAME --to OTHER [--config FILE]

        list     each destination of the configuration, what lies in its lane and whether it flows; orphans have left
                 the configuration while events wait for them
        types    the kinds of destination: what `type` may be, the credentials and settings it asks for, its limits
        test     asks the destination about its credentials without sending it an event, and says what that proves:
                 verified, unverifiable or failed (exits 1)
        pause    nothing is sent to it: its events wait; resume goes on
        disable  new events skip it, visibly, and what waits for it goes on waiting; enable takes events again
        reset    closes its circuit at once, failures forgotten; else a probe does, when it is answered
        drain    delivers what waits for an orphan as an older configuration file, which still has it, says; it ends when
                 nothing waits, and may be stopped and repeated
        discard  gives up all that is kept for an orphan, for good; the ledger counts it as discarded
        move     hands all that is kept for an orphan, dead letters too, to another destination

        All forwarders obey within a second, and over restarts. drain, discard and move want the configuration, so they
        work on the store itself: without --url.

        \(AdminPlace.help)
          --json          one JSON object a line
        """

    private enum Verb {
        case list, types
        case test(String)
        case change(LaneChange, String)
        case drain(String, from: String)
        case empty(String, into: String?)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(
            ["list", "types", "test", "drain", "discard", "move"] + LaneChange.allCases.map(\.rawValue))
        // The types are the program's own: no store is asked, wherever that is.
        place = word == "types" ? .store(configuration: try arguments.value("--config")) : try arguments.adminPlace()
        if let change = LaneChange(rawValue: word) {
            isJSON = false
            verb = .change(change, try arguments.positional("the destination's name"))
            return
        }
        if word == "drain" {
            isJSON = false
            guard let older = try arguments.value("--from") else {
                throw UsageError("drain needs --from and the configuration file that still has the destination")
            }
            verb = .drain(try arguments.positional("the orphan's name"), from: older)
            return
        }
        if word == "discard" || word == "move" {
            isJSON = false
            let other = word == "move" ? try arguments.value("--to") : nil
            if word == "move", other == nil { throw UsageError("move needs --to and another destination's name") }
            verb = .empty(try arguments.positional("the orphan's name"), into: other)
            return
        }
        isJSON = try arguments.flag("--json")
        verb =
            switch word {
            case "list": .list
            case "types": .types
            default: .test(try arguments.positional("the destination's name"))
            }
    }

    func run() async throws -> ExitCode {
        switch verb {
        case .list: list(try await AdminClient.run(place) { try await $0.all("/destinations") })
        case .types: types()
        case .test(let name): return try await test(name)
        case .change(let change, let name):
            return try await AdminClient.run(place) { try await change.run(name, $0) }
        case .drain(let name, let older): return try await drain(name, from: older)
        case .empty(let name, let other): return try await empty(name, into: other)
        }
        return .success
    }

    /// The configuration, for what works on the store.
    private func configuration() throws -> Configuration {
        guard case .store(let path) = place else {
            throw UsageError(
                "this works on the store itself: run it where the gateway's configuration is, with --config instead of --url (or without $WEBHOOK_GATEWAY_URL)"
            )
        }
        return try ConfigurationLoader.looking(known: .builtIn).load(path).configuration
    }

    /// The destination of that name.
    private static func find(_ name: String, in configuration: Configuration) throws -> DestinationConfiguration {
        if let destination = configuration.destination(named: name) { return destination }
        let names = configuration.destinations.map(\.name)
        let guess = NearestName.to(name, among: names).map { "did you mean \($0)?" }
        let list = names.isEmpty ? "there is none" : "there are \(names.joined(separator: ", "))"
        throw NotFound(
            description: "the configuration has no destination \(VisibleText.quoted(name)); \(guess ?? list)")
    }

    private func list(_ destinations: [Row]) {
        let now = Clock.unixMilliseconds()
        var table = TextTable(
            ["DESTINATION", "TYPE", "STATE", "WAITING", "IN FLIGHT", "DELAYED", "DEAD", "DONE", "LAST DELIVERY"],
            optional: ["LAST DELIVERY", "IN FLIGHT", "TYPE", "DELAYED"])
        let counts = ["waiting", "inFlight", "delayed", "dead", "done"]
        for row in destinations {
            if isJSON {
                var line = JSONLine()
                line.add("destination", row["destination"])
                line.add("type", row["type"])
                line.add("enabled", row.flag("enabled"))
                line.add("paused", row["pausedSince"] != nil)
                line.add("orphan", row.flag("orphan"))
                line.add("circuit", json: Self.circuit(row).json)
                for name in counts { line.add(name, row.integer("counts.\(name)")) }
                for name in ["lastDeliveryAt", "lastErrorAt", "lastError"] { line.add(name, row[name]) }
                Terminal.print(line.text)
            } else {
                table.add(
                    [row["destination"] ?? "-", row["type"] ?? "-", Self.state(row, now)]
                        + counts.map { row["counts.\($0)"] ?? "-" } + [Moment.cell(row["lastDeliveryAt"], now)])
            }
        }
        if !isJSON { table.print() }
    }

    /// The state of a destination in a few words; what keeps it from flowing first.
    private static func state(_ row: Row, _ now: Int64) -> String {
        if row.flag("orphan") { return "orphan" }
        guard row.flag("enabled") else { return "disabled" }
        if let since = row.moment("pausedSince") { return "paused for \(Moment.length(milliseconds: now - since))" }
        switch row["circuit.state"] {
        case "half-open": return "circuit half-open"
        case "open":
            let left = max(0, (row.moment("circuit.until") ?? now) - now)
            return
                "circuit open (\(row["circuit.category"] ?? "unknown")), next probe in \(Moment.length(milliseconds: left))"
        default: return "enabled"
        }
    }

    private static func circuit(_ row: Row) -> JSONLine {
        var line = JSONLine()
        line.add("state", row["circuit.state"])
        line.add("failures", row.integer("circuit.failures"))
        line.add("since", row["circuit.since"])
        line.add("nextProbe", row["circuit.state"] == "open" ? row["circuit.until"] : nil)
        line.add("category", row["circuit.category"])
        line.add("reason", row["circuit.reason"])
        return line
    }

    /// The configuration, if the name is an orphan's in it; nil when it is not, which has been said.
    private func configuration(withOrphan name: String) throws -> Configuration? {
        if let problem = TextRule.name.problem(name) { throw UsageError(problem) }
        let configuration = try configuration()
        if configuration.destination(named: name) == nil { return configuration }
        Terminal.printError(
            "\(name) is a destination of the configuration, so that a forwarder may be sending its events; take it out of the file and reload first"
        )
        return nil
    }

    private func drain(_ name: String, from older: String) async throws -> ExitCode {
        guard let configuration = try configuration(withOrphan: name) else { return .failure }
        let old = try ConfigurationLoader.looking(known: .builtIn).load(older).configuration
        guard let destination = old.destination(named: name) else {
            Terminal.printError("\(older) has no destination \(VisibleText.quoted(name)) either")
            return .usage
        }
        let result = try await StoreSession.run(configuration) { session in
            func flow() async throws -> Ledger.Flow? {
                try await session.ledger().lanes.first { $0.name == name }?.flow
            }
            let result = try await LaneDrain(destination, in: configuration).run {
                try await flow().map { $0.waiting + $0.inFlight + $0.delayed == 0 } ?? true
            }
            if try await flow().map({ $0.present == 0 }) ?? true { try await session.lanes.forget(name) }
            try await session.note(
                "destinations.drain", name, "\(result.delivered) delivered, \(result.dead) dead")
            return result
        }
        Terminal.print("\(name): \(result.delivered) delivered, \(result.dead) dead")
        return result.dead == 0 ? .success : .failure
    }

    private func empty(_ name: String, into other: String?) async throws -> ExitCode {
        if let other { _ = try Self.find(other, in: try configuration()) }
        guard let configuration = try configuration(withOrphan: name) else { return .failure }
        let (taken, inFlight) = try await StoreSession.run(configuration) { session in
            let (taken, inFlight) = try await session.lanes.empty(name, into: other)
            try await session.note(
                other == nil ? "destinations.discard" : "destinations.move", name,
                "\(taken) events\(other.map { " to \($0)" } ?? "")")
            return (taken, inFlight)
        }
        Terminal.print(
            "\(name): \(taken) \(taken == 1 ? "event" : "events") \(other.map { "moved to \($0)" } ?? "discarded")")
        guard inFlight > 0 else { return .success }
        Terminal.printError(
            "\(name): \(inFlight) in flight still; they come back within half a minute after the forwarder that has them is gone: repeat the command then"
        )
        return .failure
    }

    /// Asks from here, or has the gateway ask, which may reach what this machine does not.
    private func test(_ name: String) async throws -> ExitCode {
        var line = JSONLine()
        line.add("destination", name)
        let (result, explanation): (String?, String?)
        if case .gateway = place {
            let (row, type) = try await AdminClient.run(place) { client in
                try await client.expect("destination", [name], in: "/destinations")
                let type = try await client.all("/destinations").first { $0["destination"] == name }?["type"]
                return (try await client.post("/destinations/\(name)/test"), type)
            }
            (result, explanation) = (row["result"], row["explanation"])
            line.add("type", type)
            line.add("result", result)
            line.add("category", row["category"])
        } else {
            let destination = try Self.find(name, in: try configuration())
            let check = try await CredentialCheck.run(destination)
            (result, explanation) = (check.verdict.word, check.explanation)
            line.add("type", destination.type)
            line.add("result", result)
            line.add("category", check.verdict.category?.rawValue)
        }
        line.add("explanation", explanation)
        if isJSON {
            Terminal.print(line.text)
        } else {
            Terminal.print("\(name): \(VisibleText.escaped(result ?? "-"))")
            Terminal.print("  \(VisibleText.escaped(explanation ?? "-"))")
        }
        return result == "failed" ? .failure : .success
    }

    private func types() {
        for (index, card) in DestinationCatalog.all.map({ $0.card }).enumerated() {
            if isJSON {
                Terminal.print(card.line.text)
            } else {
                if index > 0 { Terminal.print("") }
                show(card)
            }
        }
    }

    private func show(_ card: DestinationCard) {
        Terminal.print("\(card.type)  \(card.name): \(card.description)")
        switch card.address {
        case .none: break
        case .url: Terminal.print("  url  where events are posted")
        case .service(let url): Terminal.print("  sends to \(url); baseURL replaces it")
        }
        if let rate = card.defaultRate {
            Terminal.print("  rateLimit  \(rate.requests) requests in \(rate.period.milliseconds / 1000) s by default")
        }
        for credential in card.requiredCredentials {
            let need = credential.isRequired ? "" : " (optional)"
            Terminal.print("  credentials.\(credential.name)\(need)  \(credential.hint)")
        }
        for setting in card.settings {
            let standard = setting.defaultValue.map { "; default \($0)" } ?? "; required"
            Terminal.print("  settings.\(setting.name)  \(setting.description)\(standard)")
        }
        if let documentation = card.documentation { Terminal.print("  see \(documentation)") }
    }
}

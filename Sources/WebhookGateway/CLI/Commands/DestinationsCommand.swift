import Verifiers

/// `destinations`: where events go, and where they could go.
struct DestinationsCommand: Command {
    static let name = "destinations"
    static let summary = "list the destinations and what waits for them, pause, disable or test one; list the types"
    static let usage = """
        webhook-gateway destinations list [--config FILE] [--json]
        webhook-gateway destinations types [--json]
        webhook-gateway destinations test NAME [--config FILE] [--json]
        webhook-gateway destinations pause|resume|disable|enable|reset NAME [--config FILE]
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

        All forwarders obey within a second, and over restarts.

          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
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
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(
            ["list", "types", "test", "drain", "discard", "move"] + LaneChange.allCases.map(\.rawValue))
        configuration = word == "types" ? nil : try arguments.value("--config")
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
        case .list: try await list()
        case .types: types()
        case .test(let name): return try await test(name)
        case .change(let change, let name):
            guard let (configuration, _) = try find(name) else { return .usage }
            return try await change.run(name, in: configuration)
        case .drain(let name, let older): return try await drain(name, from: older)
        case .empty(let name, let other): return try await empty(name, into: other)
        }
        return .success
    }

    /// The destination of that name; nil when there is none, which has been said.
    private func find(_ name: String) throws -> (Configuration, DestinationConfiguration)? {
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
        if let destination = configuration.destination(named: name) { return (configuration, destination) }
        let names = configuration.destinations.map(\.name)
        let guess = NearestName.to(name, among: names).map { "did you mean \($0)?" }
        let list = names.isEmpty ? "there is none" : "there are \(names.joined(separator: ", "))"
        Terminal.printError("the configuration has no destination \(VisibleText.quoted(name)); \(guess ?? list)")
        return nil
    }

    private func list() async throws {
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
        let (ledger, statuses) = try await StoreSession.run(configuration) { session in
            let ledger = try await session.ledger()
            return (ledger, try await session.lanes.status(ledger.lanes.map(\.name)))
        }
        let now = Clock.unixMilliseconds()
        var table = TextTable(["DESTINATION", "TYPE", "STATE", "WAITING", "IN FLIGHT", "DELAYED", "DEAD", "DONE"])
        for (lane, status) in zip(ledger.lanes, statuses) {
            let destination = configuration.destination(named: lane.name)
            guard destination != nil || lane.flow.present > 0 else { continue }
            let flow = lane.flow
            if isJSON {
                var line = JSONLine()
                line.add("destination", lane.name)
                line.add("type", destination?.type)
                line.add("enabled", destination?.enabled == true && status.disabledSince == nil)
                line.add("paused", status.pausedSince != nil)
                line.add("orphan", destination == nil)
                line.add("circuit", json: status.circuit.line.json)
                line.add("waiting", flow.waiting)
                line.add("inFlight", flow.inFlight)
                line.add("delayed", flow.delayed)
                line.add("dead", flow.dead)
                line.add("done", flow.done)
                Terminal.print(line.text)
            } else {
                table.add(
                    [lane.name, destination?.type ?? "-", status.words(destination, now: now)]
                        + [flow.waiting, flow.inFlight, flow.delayed, flow.dead, flow.done].map { "\($0)" })
            }
        }
        if !isJSON { table.print() }
    }

    /// The configuration, if the name is an orphan's in it; nil when it is not, which has been said.
    private func configuration(withOrphan name: String) throws -> Configuration? {
        if let problem = TextRule.name.problem(name) { throw UsageError(problem) }
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
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
            return result
        }
        Terminal.print("\(name): \(result.delivered) delivered, \(result.dead) dead")
        return result.dead == 0 ? .success : .failure
    }

    private func empty(_ name: String, into other: String?) async throws -> ExitCode {
        if let other { guard try find(other) != nil else { return .usage } }
        guard let configuration = try configuration(withOrphan: name) else { return .failure }
        let (taken, inFlight) = try await StoreSession.run(configuration) { session in
            try await session.lanes.empty(name, into: other)
        }
        Terminal.print(
            "\(name): \(taken) \(taken == 1 ? "event" : "events") \(other.map { "moved to \($0)" } ?? "discarded")")
        guard inFlight > 0 else { return .success }
        Terminal.printError(
            "\(name): \(inFlight) in flight still; they come back within half a minute after the forwarder that has them is gone: repeat the command then"
        )
        return .failure
    }

    private func test(_ name: String) async throws -> ExitCode {
        guard let (_, destination) = try find(name) else { return .usage }
        let check = try await CredentialCheck.run(destination)
        if isJSON {
            var line = JSONLine()
            line.add("destination", destination.name)
            line.add("type", destination.type)
            line.add("result", check.verdict.word)
            line.add("category", check.verdict.category?.rawValue)
            line.add("explanation", check.explanation)
            Terminal.print(line.text)
        } else {
            Terminal.print("\(destination.name): \(check.verdict.word)")
            Terminal.print("  \(VisibleText.escaped(check.explanation))")
        }
        return check.verdict.category == nil ? .success : .failure
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

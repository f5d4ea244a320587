import Verifiers

/// `destinations`: where events go, and where they could go.
struct DestinationsCommand: Command {
    static let name = "destinations"
    static let summary = "list the destinations and what waits for them; list the types there are"
    static let usage = """
        webhook-gateway destinations list [--config FILE] [--json]
        webhook-gateway destinations types [--json]

        list    each destination of the configuration and what lies in its lane; orphans have left the configuration
                while events wait for them
        types   the kinds of destination: what `type` may be, the credentials and settings it asks for

          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          one JSON object a line
        """

    private let isList: Bool
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        isList = try arguments.verb(["list", "types"]) == "list"
        configuration = isList ? try arguments.value("--config") : nil
        isJSON = try arguments.flag("--json")
    }

    func run() async throws -> ExitCode {
        if isList { try await list() } else { types() }
        return .success
    }

    private func list() async throws {
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
        let ledger = try await StoreSession.run(configuration) { try await $0.ledger() }
        var table = TextTable(["DESTINATION", "TYPE", "STATE", "WAITING", "IN FLIGHT", "DELAYED", "DEAD", "DONE"])
        for lane in ledger.lanes {
            let destination = configuration.destination(named: lane.name)
            guard destination != nil || lane.flow.present > 0 else { continue }
            let flow = lane.flow
            if isJSON {
                var line = JSONLine()
                line.add("destination", lane.name)
                line.add("type", destination?.type)
                line.add("enabled", destination?.enabled ?? false)
                line.add("orphan", destination == nil)
                line.add("waiting", flow.waiting)
                line.add("inFlight", flow.inFlight)
                line.add("delayed", flow.delayed)
                line.add("dead", flow.dead)
                line.add("done", flow.done)
                Terminal.print(line.text)
            } else {
                let state = destination.map { $0.enabled ? "enabled" : "disabled" } ?? "orphan"
                table.add(
                    [lane.name, destination?.type ?? "-", state]
                        + [flow.waiting, flow.inFlight, flow.delayed, flow.dead, flow.done].map { "\($0)" })
            }
        }
        if !isJSON { table.print() }
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

extension DestinationCard {
    /// The card as one line of JSON, by the registry's names.
    var line: JSONLine {
        var line = JSONLine()
        line.add("type", type)
        line.add("name", name)
        line.add("description", description)
        line.add("singleEvent", isSingleEvent)
        switch address {
        case .none: line.add("address", nil as String?)
        case .url: line.add("address", "url")
        case .service(let url): line.add("address", url)
        }
        line.add(
            "requiredCredentials",
            list: requiredCredentials.map { credential in
                var line = JSONLine()
                line.add("name", credential.name)
                line.add("required", credential.isRequired)
                line.add("sensitive", credential.isSensitive)
                line.add("hint", credential.hint)
                return line.json
            })
        var defaults = JSONLine()
        for setting in settings {
            if let value = setting.defaultValue { defaults.add(setting.name, json: value.utf8) }
        }
        line.add("defaultSettings", json: defaults.json)
        line.add(
            "settings",
            list: settings.map { setting in
                var line = JSONLine()
                line.add("name", setting.name)
                line.add("required", setting.defaultValue == nil)
                line.add("description", setting.description)
                return line.json
            })
        line.add("documentation", documentation)
        return line
    }
}

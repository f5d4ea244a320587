import Verifiers

/// `keys`: the keys of the vault, in which credentials of integrations are kept.
struct KeysCommand: Command {
    static let name = "keys"
    static let summary = "make, list and replace the keys of the vault"
    static let usage = """
        webhook-gateway keys generate [--out FILE]
        webhook-gateway keys list [--tenant T] [--config FILE] [--json]
        webhook-gateway keys rotate [--config FILE] [--json]
        webhook-gateway keys rekey [--config FILE] [--json]

        generate  make a master key (32 random bytes in base64) for vault.key and print it
        list      the data keys of each tenant: version, master key, how often used, when made and wrapped
        rotate    wrap every data key by the current master key, so that vault.previousKeys can go; values stay as they are
        rekey     give each tenant a new data key and encrypt every value anew

        rotate and rekey work while gateways run. When one is interrupted, run it again: it goes on with the rest.

          --out FILE     write the key to a new file (0600) instead
          --tenant T     the keys of this tenant only
          --config FILE  the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json         one JSON object a line
        """

    private enum Verb {
        case generate(file: String?)
        case list(tenant: String?)
        case rotate
        case rekey
    }

    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["generate", "list", "rotate", "rekey"])
        guard word != "generate" else {
            verb = .generate(file: try arguments.value("--out"))
            (configuration, isJSON) = (nil, false)
            return
        }
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
        switch word {
        case "list": verb = .list(tenant: try arguments.value("--tenant"))
        case "rotate": verb = .rotate
        default: verb = .rekey
        }
    }

    func run() async throws -> ExitCode {
        if case .generate(let file) = verb { return try generate(file) }
        return try await StoreSession.run(configuration) { session in
            let vault = try session.vault()
            switch verb {
            case .list(let tenant): return try await list(vault, tenant)
            case .rotate: return try await rotate(vault, session)
            default: return try await rekey(vault, session)
            }
        }
    }

    private func generate(_ file: String?) throws -> ExitCode {
        let key = MasterKeyText.generate()
        guard let file else {
            Terminal.print(key)
            return .success
        }
        let isNew: Bool
        do throws(SystemError) {
            isNew = try HostFile.create(file, Array("\(key)\n".utf8))
        } catch {
            throw UsageError(
                "--out: \(file) cannot be written (\(error)); name a file in a directory that you may write")
        }
        guard isNew else {
            throw UsageError("--out: \(file) is there already, and may hold a key that is needed; name another file")
        }
        Terminal.printError(
            "\(file) holds a new key; set vault.key to \"file:\(file)\", and keep a copy apart from Redis")
        return .success
    }

    // MARK: list

    @ControlPlane
    private func list(_ vault: Vault, _ tenant: String?) async throws -> ExitCode {
        let tenants = if let tenant { [tenant] } else { try await vault.store.tenants() }
        var count = 0
        var table = TextTable(["TENANT", "VERSION", "SEALS", "MASTER KEY", "STATE", "USES", "CREATED", "WRAPPED"])
        for tenant in tenants {
            for entry in try await vault.store.entries(of: tenant) {
                count += 1
                let state = Self.state(entry, vault.masterKeys)
                if isJSON {
                    Terminal.print(Self.line(entry, state).text)
                } else {
                    table.add([
                        tenant, String(entry.name.version), entry.isCurrent ? "yes" : "no",
                        entry.record?.wrapped.master ?? "-", state, String(entry.uses),
                        entry.record.map { Moment.text($0.createdAt) } ?? "-",
                        entry.record.map { Moment.text($0.wrappedAt) } ?? "-",
                    ])
                }
            }
        }
        if !isJSON, count > 0 { table.print() }
        if count == 0 {
            Terminal.printError("no data keys yet: the first credential that the vault encrypts for a tenant makes one")
        }
        return .success
    }

    /// How a data key stands to the configuration's master keys.
    @ControlPlane
    private static func state(_ entry: DataKeyStore.Entry, _ masterKeys: MasterKeys) -> String {
        guard let master = entry.record?.wrapped.master else { return "damaged" }
        if masterKeys.current.mayHaveWrapped(master) { return "current" }
        return masterKeys.previous.contains { $0.mayHaveWrapped(master) } ? "previous" : "unknown"
    }

    private static func line(_ entry: DataKeyStore.Entry, _ state: String) -> JSONLine {
        var line = JSONLine()
        line.add("tenant", entry.name.tenant)
        line.add("version", entry.name.version)
        line.add("seals", entry.isCurrent)
        line.add("master", entry.record?.wrapped.master)
        line.add("state", state)
        line.add("uses", Int(entry.uses))
        line.add("createdAt", entry.record.map { Timestamp.text($0.createdAt) })
        line.add("wrappedAt", entry.record.map { Timestamp.text($0.wrappedAt) })
        return line
    }

    // MARK: rotate

    @ControlPlane
    private func rotate(_ vault: Vault, _ session: StoreSession) async throws -> ExitCode {
        let report = try await vault.rewrap()
        for failure in report.failures { Terminal.printError("\(failure.error)") }
        if report.rewrapped > 0 {
            try await CommandLineAudit.note(
                "keys.rotate", target: report.master ?? "",
                detail: "\(report.rewrapped) data keys wrapped anew, \(report.failures.count) not", session)
        }
        if isJSON {
            var line = JSONLine()
            line.add("master", report.master)
            line.add("rewrapped", report.rewrapped)
            line.add("unchanged", report.unchanged)
            line.add("failed", report.failures.count)
            Terminal.print(line.text)
        } else if let master = report.master {
            Terminal.print(
                "\(master) wraps \(report.rewrapped + report.unchanged) data keys, \(report.rewrapped) of them anew"
                    + (report.failures.isEmpty
                        ? "; the previous master keys are not needed any more"
                        : "; \(report.failures.count) stay as they are"))
        } else {
            Terminal.print("there are no data keys yet: nothing has been sealed")
        }
        return report.failures.isEmpty ? .success : .failure
    }

    // MARK: rekey

    @ControlPlane
    private func rekey(_ vault: Vault, _ session: StoreSession) async throws -> ExitCode {
        let report = try await vault.rekey(session.sealedValues)
        for failure in report.failures { Terminal.printError("\(failure.error)") }
        try await CommandLineAudit.note(
            "keys.rekey", target: "all tenants",
            detail: "\(report.resealed) values sealed anew, \(report.failures.count) not", session)
        if isJSON {
            var line = JSONLine()
            line.add("resealed", report.resealed)
            line.add("unchanged", report.unchanged)
            line.add("failed", report.failures.count)
            line.add("keysRemoved", report.removed)
            Terminal.print(line.text)
        } else {
            Terminal.print(
                "\(report.resealed) values sealed anew, \(report.unchanged) were already; \(report.removed) old data keys removed"
                    + (report.failures.isEmpty ? "" : "; \(report.failures.count) values stay as they are"))
        }
        return report.failures.isEmpty ? .success : .failure
    }
}

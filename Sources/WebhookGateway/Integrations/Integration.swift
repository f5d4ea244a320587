import Verifiers

/// A source or a destination that is managed through the API: what a file's entry says, and who it belongs to.
///
/// It is kept in Redis as JSON, with its credentials sealed by the vault, and becomes an entry of the configuration
/// in every process (`IntegrationCatalog`).
struct Integration: Sendable, Equatable {
    /// What it is, and thereby which table of the configuration it joins.
    enum Kind: String, CaseIterable, Sendable {
        case source, destination

        /// The table's key in the configuration.
        var section: String {
            switch self {
            case .source: "sources"
            case .destination: "destinations"
            }
        }
    }

    /// A credential as it is kept.
    struct Credential: Sendable, Equatable {
        /// The vault's text.
        var sealed: String
        /// Its last four characters, where it is long enough for that to give nothing away.
        var ending: String?
        /// Unix milliseconds.
        var setAt: Int64
    }

    /// Where it stands in the configuration: its id.
    struct ID: Sendable, Hashable, CustomStringConvertible {
        var kind: Kind
        /// The entry's key there; of a source also the last part of its URL.
        var key: String

        var description: String { "\(kind.section).\(key)" }
    }

    var id: ID
    /// Whose it is.
    var tenant: String
    /// The provider of a source, the type of a destination.
    var type: String
    /// What people call it.
    var name: String
    var description = ""
    var enabled = true
    /// Since when a destination takes no new events, delivers what waits and is then deleted, in Unix milliseconds; nil:
    /// it is not.
    var drainingSince: Int64?
    /// Which events a destination gets, by type and by source; the tenant is always its own.
    var filter = FilterConfiguration()
    /// Of a destination: what its type understands. Of a source: the keys of its entry that hold no secret.
    var settings: [String: JSONValue] = [:]
    /// Of a destination: the keys of its entry that say how it is delivered to (`concurrency`, `retry`, …).
    var delivery: [String: JSONValue] = [:]
    /// By the type's names; of a source `secret`, `previousSecret` during a rotation, and `verifyToken`.
    var credentials: [String: Credential] = [:]
    /// Unix milliseconds.
    var createdAt: Int64
    var updatedAt: Int64
    /// Grows with every change; a change names the one it was made from.
    var version = 1
}

extension Integration.ID {
    /// Reads `sources.stripe`; nil when it is no id.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let kind = Integration.Kind.allCases.first(where: { $0.section == parts[0] }) else {
            return nil
        }
        self.init(kind: kind, key: String(parts[1]))
    }
}

extension EntryNames {
    mutating func insert(_ id: Integration.ID) {
        switch id.kind {
        case .source: sources.insert(id.key)
        case .destination: destinations.insert(id.key)
        }
    }
}

extension Integration.Credential {
    /// From this length on the last four characters of a credential are shown.
    static let leastLengthForEnding = 16

    /// What may be shown of a credential: its last four characters, or nothing.
    static func ending(of text: String) -> String? {
        text.utf8.count >= leastLengthForEnding && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            ? String(text.suffix(4)) : nil
    }
}

extension Integration {
    /// Lets it be in force, or rest; either way it is not about to be deleted any more.
    mutating func turn(on isEnabled: Bool) {
        enabled = isEnabled
        drainingSince = nil
    }
}

// MARK: As it is kept

extension Integration {
    /// What is kept under the id.
    var stored: [UInt8] {
        var line = JSONLine()
        line.add("version", version)
        line.add("tenant", tenant)
        line.add("type", type)
        line.add("name", name)
        line.add("description", description)
        line.add("enabled", enabled)
        if let drainingSince { line.add("drainingSince", Int(drainingSince)) }
        line.add("types", list: filter.types.map(\.quotedJSON))
        line.add("sources", list: filter.sources.map(\.quotedJSON))
        line.add("settings", json: JSONValue.object(settings).json.utf8)
        line.add("delivery", json: JSONValue.object(delivery).json.utf8)
        var sealed = JSONLine()
        for (name, credential) in credentials.sorted(by: { $0.key < $1.key }) {
            var line = JSONLine()
            line.add("sealed", credential.sealed)
            line.add("ending", credential.ending)
            line.add("setAt", Int(credential.setAt))
            sealed.add(name, json: line.json)
        }
        line.add("credentials", json: sealed.json)
        line.add("createdAt", Int(createdAt))
        line.add("updatedAt", Int(updatedAt))
        return line.json
    }

    /// Reads what is kept; nil when it is damaged.
    init?(id: ID, stored: [UInt8]) {
        var document = JSONDocument()
        guard (try? document.read(stored[...])) != nil else { return nil }
        func text(_ name: StaticString) -> String? { document.string(of: document.member(name)) }
        func integer(_ name: StaticString) -> Int64? { document.integer(of: document.member(name)) }
        func texts(_ name: StaticString) -> [String] {
            document.children(of: document.member(name)).compactMap { document.string(of: $0) }
        }
        guard let tenant = text("tenant"), let type = text("type"), let version = integer("version"),
            let createdAt = integer("createdAt"), let updatedAt = integer("updatedAt"),
            case .object(let settings)? = document.member("settings").map({ JSONValue($0, in: document) }),
            case .object(let delivery)? = document.member("delivery").map({ JSONValue($0, in: document) })
        else { return nil }
        self.init(
            id: id, tenant: tenant, type: type, name: text("name") ?? id.key, createdAt: createdAt, updatedAt: updatedAt
        )
        description = text("description") ?? ""
        enabled = document.boolean(of: document.member("enabled")) ?? true
        drainingSince = integer("drainingSince")
        filter = FilterConfiguration(types: texts("types"), sources: texts("sources"), tenants: [tenant])
        self.settings = settings
        self.delivery = delivery
        self.version = Int(version)
        for node in document.children(of: document.member("credentials")) {
            guard let name = document.name(of: node),
                let sealed = document.string(of: document.member("sealed", of: node))
            else { continue }
            credentials[name] = Credential(
                sealed: sealed, ending: document.string(of: document.member("ending", of: node)),
                setAt: document.integer(of: document.member("setAt", of: node)) ?? updatedAt)
        }
    }
}

extension JSONValue {
    /// A value of a document that has been read.
    init(_ node: JSONDocument.Node, in document: JSONDocument) {
        switch document.kind(of: node) {
        case .null: self = .null
        case .boolean: self = .boolean(document.boolean(of: node) ?? false)
        case .string: self = .text(document.string(of: node) ?? "")
        case .number:
            let text = String(decoding: document.text(of: node), as: UTF8.self)
            self = Int(text).map { .integer($0) } ?? .decimal(Double(text) ?? .nan)
        case .array: self = .array(document.children(of: node).map { JSONValue($0, in: document) })
        case .object:
            var members: [String: JSONValue] = [:]
            for child in document.children(of: node) {
                members[document.name(of: child) ?? ""] = JSONValue(child, in: document)
            }
            self = .object(members)
        }
    }
}

extension Integration {
    /// What a sealed credential belongs to.
    func vaultContext(of name: String) -> VaultContext {
        VaultContext(tenant: tenant, integration: id.description, field: "credentials.\(name)")
    }
}

extension Vault {
    /// Opens credentials of integrations, each for itself.
    func open(_ credentials: [(integration: Integration, name: String)]) async -> [Result<Secret, VaultError>] {
        let values = credentials.map { integration, name in
            (
                sealed: integration.credentials[name].flatMap { SealedValue($0.sealed) },
                context: integration.vaultContext(of: name)
            )
        }
        var opened = await open(values.compactMap { value in value.sealed.map { ($0, value.context) } })[...]
        return values.map { value in
            guard value.sealed != nil, let result = opened.popFirst() else {
                return .failure(.notAuthentic(value.context))
            }
            return result.map { Secret(origin: .managed, $0) }
        }
    }
}

import Verifiers

/// An integration as an entry of a configuration file, and as the API takes it: the two ways to write the same thing.
struct IntegrationForm: Equatable {
    var id: Integration.ID
    var type: String
    var tenant: String?
    var enabled = true
    /// Of a destination.
    var types: [String]?
    var sources: [String]?
    var settings: [String: JSONValue] = [:]
    var delivery: [String: JSONValue] = [:]
    /// By the integration's names, as they are or as `env:` and `file:` say.
    var credentials: [String: String] = [:]

    /// What is wrong with an entry of a file.
    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    // MARK: From a file

    /// All entries of `sources` and `destinations`, by id.
    static func read(_ value: JSONValue) throws(Malformed) -> [IntegrationForm] {
        guard case .object(let members) = value else { throw Malformed(description: "the file is no object") }
        var forms: [IntegrationForm] = []
        for (key, table) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = Integration.Kind.allCases.first(where: { $0.section == key }) else {
                throw Malformed(
                    description: "\(TextRule.quoted(key)): a file of integrations has sources and destinations")
            }
            guard case .object(let entries) = table else { throw Malformed(description: "\(key) is no object") }
            for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
                guard case .object(let members) = entry else {
                    throw Malformed(description: "\(key).\(name) is no object")
                }
                forms.append(try IntegrationForm(Integration.ID(kind: kind, key: name), members))
            }
        }
        return forms
    }

    private init(_ id: Integration.ID, _ members: [String: JSONValue]) throws(Malformed) {
        self.id = id
        func text(_ key: String) throws(Malformed) -> String? {
            switch members[key] {
            case nil, .null?: return nil
            case .text(let text)?: return text
            default: throw Malformed(description: "\(id).\(key) is no text")
            }
        }
        let typeKey = id.kind == .source ? "provider" : "type"
        guard let type = try text(typeKey) else { throw Malformed(description: "\(id).\(typeKey) is missing") }
        self.type = type
        tenant = id.kind == .source ? try text("tenant") : nil
        if case .boolean(let value)? = members["enabled"] { enabled = value }
        switch id.kind {
        case .source:
            if case .array(let values)? = members["secrets"] {
                for (name, value) in zip([Integration.secretName, Integration.previousSecretName], values) {
                    guard case .text(let text) = value else {
                        throw Malformed(description: "\(id).secrets holds what is no text")
                    }
                    credentials[name] = text
                }
            }
            credentials[Integration.verifyTokenName] = try text("verifyToken")
            settings = members.filter { !IntegrationReader.sourceKeys.contains($0.key) }
        case .destination:
            if case .object(let values)? = members["credentials"] {
                for (name, value) in values where value != .null {
                    if case .text(let text) = value { credentials[name] = text } else { credentials[name] = value.json }
                }
            }
            credentials[Integration.urlName] = try text("url")
            if case .object(let values)? = members["settings"] { settings = values }
            if case .object(let filter)? = members["filter"] {
                (types, sources) = (Self.texts(filter["types"]), Self.texts(filter["sources"]))
                if let tenants = Self.texts(filter["tenants"]), tenants.count == 1, !tenants[0].contains("*") {
                    tenant = tenants[0]
                }
            }
            delivery = members.filter { !IntegrationReader.destinationKeys.contains($0.key) }
        }
    }

    private static func texts(_ value: JSONValue?) -> [String]? {
        guard case .array(let values)? = value else { return nil }
        return values.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    // MARK: From and to the API

    /// What the API shows of one; credentials are named by the variables that they could stand in.
    init?(_ row: Row) {
        guard let id = row["id"].flatMap(Integration.ID.init), let type = row["type"],
            row["status"] != IntegrationView.Status.damaged.rawValue
        else { return nil }
        self.id = id
        self.type = type
        tenant = row["tenant"]
        enabled = row.flag("enabled")
        if id.kind == .destination { (types, sources) = (row.texts("filter.types"), row.texts("filter.sources")) }
        settings = Self.object(row.value("settings"))
        delivery = Self.object(row.value("delivery"))
        for credential in row.rows("credentials") {
            guard let name = credential["name"] else { continue }
            credentials[name] = "env:\(Self.variable(id, name))"
        }
    }

    private static func object(_ json: [UInt8]) -> [String: JSONValue] {
        var document = JSONDocument()
        guard (try? document.read(json[...])) != nil, case .object(let members) = JSONValue(.root, in: document) else {
            return [:]
        }
        return members
    }

    /// `SHOP_SECRET`, `CRM_API_SECRET`.
    private static func variable(_ id: Integration.ID, _ name: String) -> String {
        var text = ""
        for character in "\(id.key)_\(name)" {
            if character.isUppercase, text.last?.isLowercase == true { text += "_" }
            text += character.isLetter || character.isNumber ? character.uppercased() : "_"
        }
        return text
    }

    /// The entry as a configuration file has it.
    var entry: JSONValue {
        var members: [String: JSONValue] = enabled ? [:] : ["enabled": .boolean(false)]
        switch id.kind {
        case .source:
            members.merge(settings) { $1 }
            members["provider"] = .text(type)
            members["tenant"] = tenant.map { .text($0) }
            let secrets = [Integration.secretName, Integration.previousSecretName].compactMap { credentials[$0] }
            if !secrets.isEmpty { members["secrets"] = .array(secrets.map { .text($0) }) }
            members[Integration.verifyTokenName] = credentials[Integration.verifyTokenName].map { .text($0) }
        case .destination:
            members.merge(delivery) { $1 }
            members["type"] = .text(type)
            var filter: [String: JSONValue] = [:]
            filter["types"] = types.map { .array($0.map { .text($0) }) }
            filter["sources"] = sources.map { .array($0.map { .text($0) }) }
            filter["tenants"] = tenant.map { .array([.text($0)]) }
            members["filter"] = .object(filter)
            members["settings"] = settings.isEmpty ? nil : .object(settings)
            members[Integration.urlName] = credentials[Integration.urlName].map { .text($0) }
            let rest = credentials.filter { $0.key != Integration.urlName }
            members["credentials"] = rest.isEmpty ? nil : .object(rest.mapValues { .text($0) })
        }
        return .object(members)
    }

    /// What a request says of it, with credentials in clear.
    ///
    /// - Parameter before: what is there; members that left are taken away. Nil: it is new.
    func body(_ credentials: [String: String], before: IntegrationForm?) -> JSONLine {
        var body = JSONLine()
        if before == nil {
            body.add("kind", id.kind.rawValue)
            body.add("type", type)
            body.add("key", id.key)
            if let tenant { body.add("tenant", tenant) }
        }
        body.add("enabled", enabled)
        if id.kind == .destination {
            var filter = JSONLine()
            filter.add("types", list: (types ?? ["*"]).map(\.quotedJSON))
            filter.add("sources", list: (sources ?? ["*"]).map(\.quotedJSON))
            body.add("filter", json: filter.json)
            body.add("delivery", json: Self.patch(from: before?.delivery ?? [:], to: delivery))
        }
        body.add("settings", json: Self.patch(from: before?.settings ?? [:], to: settings))
        if !credentials.isEmpty {
            body.add("credentials", json: JSONValue.object(credentials.mapValues { .text($0) }).json.utf8)
        }
        return body
    }

    private static func patch(from old: [String: JSONValue], to new: [String: JSONValue]) -> [UInt8] {
        var members = new
        for key in old.keys where new[key] == nil { members[key] = .null }
        return Array(JSONValue.object(members).json.utf8)
    }

    /// The members that differ from another's, credentials aside.
    func differences(from other: IntegrationForm) -> [String] {
        var names: [String] = []
        if enabled != other.enabled { names.append("enabled") }
        if id.kind == .destination {
            if (types ?? ["*"]) != (other.types ?? ["*"]) || (sources ?? ["*"]) != (other.sources ?? ["*"]) {
                names.append("filter")
            }
        }
        for (name, mine, theirs) in [("settings", settings, other.settings), ("delivery", delivery, other.delivery)] {
            for key in Set(mine.keys).union(theirs.keys).sorted() where mine[key] != theirs[key] {
                names.append("\(name).\(key)")
            }
        }
        return names
    }
}

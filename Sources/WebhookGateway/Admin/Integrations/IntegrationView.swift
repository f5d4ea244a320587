import Verifiers

/// An integration as the API shows it, wherever it came from: no secret is in it.
struct IntegrationView {
    enum Origin: String, CaseIterable {
        /// In the configuration file, read-only here.
        case declared
        /// In the store, edited here.
        case managed
    }

    enum Status: String, CaseIterable {
        /// Nothing has come or gone yet, or it waits for its credentials.
        case pending
        case active
        /// It is not in force, or what it leads to fails.
        case error
        case disabled
        /// It takes no new events; when those that wait are delivered it is deleted.
        case draining
        /// Its record cannot be read: all that can be done is to delete it.
        case damaged
    }

    /// What a credential's name is followed by.
    struct Credential {
        var name: String
        var ending: String?
        /// Unix milliseconds; nil: in the configuration file.
        var setAt: Int64?
    }

    /// How it fares, beyond what it says of itself.
    struct Condition {
        /// Why it is not in force, or fails.
        var problem: String?
        /// Whether all that is missing is a credential.
        var lacksCredentials = false
        /// Unix milliseconds.
        var lastDeliveryAt: Int64?
        /// The last failure, whether or not there is a problem now.
        var lastFailure: String?
        /// Unix milliseconds.
        var lastFailureAt: Int64?
        /// Of a destination: what its lane owes.
        var load: LaneControl.Load?
        /// Of a source: scheme, host and port under which providers reach the gateway; nil: it does not know.
        var origin: String?
        /// Whether anything has come or gone through it.
        var isUsed = false
        var disabledSince: Int64?
    }

    var id: Integration.ID
    var origin: Origin
    /// Nil: no one tenant's.
    var tenant: String?
    var type: String
    var name: String
    var description = ""
    var isEnabled: Bool
    /// Unix milliseconds.
    var drainingSince: Int64?
    var filter: FilterConfiguration?
    var settings: [String: JSONValue] = [:]
    var delivery: [String: JSONValue] = [:]
    var credentials: [Credential] = []
    /// Unix milliseconds.
    var createdAt: Int64?
    var updatedAt: Int64?
    var version: Int?
    var condition = Condition()
    var isDamaged = false

    /// Where a source's provider posts to; nil for a destination.
    private var path: String? { id.kind == .source ? "/webhooks/\(id.key)" : nil }

    var status: Status {
        if isDamaged { return .damaged }
        if drainingSince != nil { return .draining }
        if !isEnabled || condition.disabledSince != nil { return .disabled }
        if condition.lacksCredentials { return .pending }
        if condition.problem != nil { return .error }
        return condition.isUsed ? .active : .pending
    }

    /// What the store keeps.
    init(_ integration: Integration) {
        id = integration.id
        origin = .managed
        tenant = integration.tenant
        type = integration.type
        name = integration.name
        description = integration.description
        isEnabled = integration.enabled
        drainingSince = integration.drainingSince
        if id.kind == .destination { filter = integration.filter }
        settings = integration.settings
        delivery = integration.delivery
        credentials = integration.credentials.sorted { $0.key < $1.key }.map { name, credential in
            Credential(name: name, ending: credential.ending, setAt: credential.setAt)
        }
        createdAt = integration.createdAt
        updatedAt = integration.updatedAt
        version = integration.version
    }

    /// What the store keeps under an id and nobody can read: of no tenant, and called by its key.
    init(damaged id: Integration.ID) {
        self.id = id
        origin = .managed
        type = ""
        name = id.key
        isEnabled = false
        isDamaged = true
        condition.problem = "its record in the store is damaged; delete it, and add it anew"
    }

    /// A source of the file.
    init(_ source: SourceConfiguration) {
        id = Integration.ID(kind: .source, key: source.name)
        origin = .declared
        tenant = source.tenant
        type = source.provider
        name = source.name
        isEnabled = source.enabled
        var settings: [String: JSONValue] = [
            "queues": .array(source.queues.map { .text($0) }), "mapping": .text(source.mapping),
            "toleranceSeconds": .integer(source.toleranceSeconds),
            "dedupeWindowSeconds": .integer(source.dedupeWindowSeconds),
        ]
        if let url = source.notificationURL { settings["notificationURL"] = .text(URLMask.masked(url)) }
        self.settings = settings
        var credentials: [Credential] = []
        if !source.secrets.isEmpty { credentials.append(Credential(name: Integration.secretName)) }
        if source.secrets.count > 1 { credentials.append(Credential(name: Integration.previousSecretName)) }
        if source.verifyToken != nil { credentials.append(Credential(name: Integration.verifyTokenName)) }
        self.credentials = credentials
    }

    /// A destination of the file.
    init(_ destination: DestinationConfiguration) {
        id = Integration.ID(kind: .destination, key: destination.name)
        origin = .declared
        let tenants = destination.filter.tenants
        tenant = tenants.count == 1 && !tenants[0].contains("*") ? tenants[0] : nil
        type = destination.type
        name = destination.name
        isEnabled = destination.enabled
        filter = destination.filter
        settings = destination.settings.filter { !SecretNames.isSecret($0.key) }
        credentials = destination.credentials.keys.sorted().map { Credential(name: $0) }
        if destination.url != nil { credentials.append(Credential(name: Integration.urlName)) }
    }
}

extension IntegrationView {
    static let shape: [Shape.Member] = [
        Shape.Member("id", .string, "`sources.<key>` or `destinations.<key>`"),
        Shape.Member("kind", .choice(Integration.Kind.allCases.map(\.rawValue))),
        Shape.Member("key", .string), Shape.Member("origin", .choice(Origin.allCases.map(\.rawValue))),
        Shape.Member("tenant", .optional(.string), "null: no one tenant's"),
        Shape.Member("type", .string, "empty: it is damaged"),
        Shape.Member("name", .string), Shape.Member("description", .string), Shape.Member("enabled", .boolean),
        Shape.Member("status", .choice(Status.allCases.map(\.rawValue))),
        Shape.Member("lastError", .optional(.string), "why it is not in force or fails, else its last failure"),
        Shape.Member("lastErrorAt", .optional(.moment), "null: it is so now"),
        Shape.Member("lastDeliveryAt", .optional(.moment), "of a destination: to the second"),
        Shape.Member("waiting", .optional(.integer(0 ... .max)), "of a destination: events still to be delivered"),
        Shape.Member("dead", .optional(.integer(0 ... .max)), "of a destination: dead letters"),
        Shape.Member("drainingSince", .optional(.moment), "it is deleted when nothing waits for it any more"),
        Shape.Member("path", .optional(.string), "of a source: where its provider posts to"),
        Shape.Member("url", .optional(.string), "of a source: the whole address, where the gateway knows its own"),
        Shape.Member("filter", .optional(.anything)), Shape.Member("settings", .map(.anything)),
        Shape.Member("delivery", .map(.anything)),
        Shape.Member(
            "credentials",
            .list(
                .record([
                    Shape.Member("name", .string),
                    Shape.Member("ending", .optional(.string), "its last four characters, where it is long enough"),
                    Shape.Member("setAt", .optional(.moment), "null: in the configuration file"),
                ])), "those that are set"),
        Shape.Member("createdAt", .optional(.moment)), Shape.Member("updatedAt", .optional(.moment)),
        Shape.Member("version", .optional(.integer(1 ... .max)), "name it by If-Match to change just this one"),
    ]

    /// As one object of JSON.
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id.description)
        line.add("kind", id.kind.rawValue)
        line.add("key", id.key)
        line.add("origin", origin.rawValue)
        line.add("tenant", tenant)
        line.add("type", type)
        line.add("name", name)
        line.add("description", description)
        line.add("enabled", isEnabled)
        line.add("status", status.rawValue)
        line.add("lastError", condition.problem ?? condition.lastFailure)
        line.add("lastErrorAt", condition.problem == nil ? condition.lastFailureAt.map(Timestamp.text) : nil)
        line.add("lastDeliveryAt", condition.lastDeliveryAt.map(Timestamp.text))
        line.add("waiting", condition.load?.waiting)
        line.add("dead", condition.load?.dead)
        line.add("drainingSince", drainingSince.map(Timestamp.text))
        line.add("path", path)
        line.add("url", path.flatMap { path in condition.origin.map { $0 + path } })
        line.add("filter", json: filter?.json ?? [])
        line.add("settings", json: JSONValue.object(settings).json.utf8)
        line.add("delivery", json: JSONValue.object(delivery).json.utf8)
        line.add(
            "credentials",
            list: credentials.map { credential in
                var line = JSONLine()
                line.add("name", credential.name)
                line.add("ending", credential.ending)
                line.add("setAt", credential.setAt.map(Timestamp.text))
                return line.json
            })
        line.add("createdAt", createdAt.map(Timestamp.text))
        line.add("updatedAt", updatedAt.map(Timestamp.text))
        line.add("version", version)
        return line
    }
}

extension FilterConfiguration {
    /// As the configuration has it.
    var json: [UInt8] {
        var line = JSONLine()
        line.add("types", list: types.map(\.quotedJSON))
        line.add("sources", list: sources.map(\.quotedJSON))
        line.add("tenants", list: tenants.map(\.quotedJSON))
        return line.json
    }
}

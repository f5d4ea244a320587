import Verifiers

/// Where rows go in Snowflake, and by which statement.
struct SnowflakeSettings: Sendable {
    enum Write: String, CaseIterable, Sendable {
        /// Rows whose `event_id` is in the table already are left out.
        case merge
        /// Cheaper on large tables; an event that is sent again is there twice.
        case insert
    }

    static let card: [DestinationCard.Setting] = [
        .init(name: "database", defaultValue: nil, description: "the database, as SHOW DATABASES spells it"),
        .init(name: "schema", defaultValue: nil, description: "the schema, as SHOW SCHEMAS spells it"),
        .init(name: "table", defaultValue: nil, description: "the table, of letters, digits and underscores"),
        .init(
            name: "warehouse", defaultValue: "null", description: "the warehouse that works; by default the user's"),
        .init(name: "role", defaultValue: "null", description: "the role that writes; by default the user's"),
        .init(
            name: "write", defaultValue: #""merge""#,
            description: "merge: an event_id that the table has is left out; insert: rows are only added"),
        .init(
            name: "statementTimeoutSeconds", defaultValue: "120",
            description: "how long a statement may run, the warehouse's start included"),
    ]

    let table: String
    let statementTimeout: Duration
    private let database: String
    private let schema: String
    private let warehouse: String?
    private let role: String?
    private let write: Write
    private let timeoutSeconds: Int

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        let settings = DestinationSettings(configuration)
        database = try settings.text("database") ?? ""
        schema = try settings.text("schema") ?? ""
        table = try settings.text("table") ?? ""
        warehouse = try settings.text("warehouse")
        role = try settings.text("role")
        write = try settings.choice("write", default: .merge)
        timeoutSeconds = try settings.integer("statementTimeoutSeconds", default: 120, in: 1...3600)
        statementTimeout = .seconds(timeoutSeconds)
        guard Self.isIdentifier(table) else {
            throw InvalidDestination(
                key: "settings.table", reason: "not a name of letters, digits and underscores, such as WEBHOOK_EVENTS")
        }
    }

    /// Refuses a row whose columns cannot stand in a statement.
    func check(_ row: [UInt8]) throws(RefusedEvent) {
        let columns = Self.columns(of: row)
        if let column = columns.first(where: { !Self.isIdentifier($0) }) {
            throw RefusedEvent(
                category: .configuration,
                reason:
                    "the mapping makes a column \(VisibleText.quoted(column.prefix(100))); names are letters, digits and underscores"
            )
        }
        guard write == .insert || columns.contains("event_id") else {
            throw RefusedEvent(
                category: .configuration,
                reason:
                    "the mapping makes no column event_id, by which rows are merged; add it, or set settings.write to insert"
            )
        }
    }

    /// The statement for rows in a bind variable, as one JSON list. Columns are those that any of the rows has.
    func statement(for rows: [[UInt8]]) -> String {
        var columns: [String] = []
        var known: Set<String> = []
        for row in rows {
            for column in Self.columns(of: row) where known.insert(column).inserted { columns.append(column) }
        }
        // Every name has been checked: letters, digits and underscores only.
        let values = columns.map {
            $0 == "event_id" ? #"value:"event_id"::VARCHAR AS event_id"# : #"value:"\#($0)" AS \#($0)"#
        }
        let source = "SELECT \(values.joined(separator: ", ")) FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?)))"
        let names = columns.joined(separator: ", ")
        switch write {
        case .insert: return "INSERT INTO \(table) (\(names)) \(source)"
        case .merge:
            let sources = columns.map { "s.\($0)" }.joined(separator: ", ")
            return "MERGE INTO \(table) AS t USING (\(source)) AS s ON t.event_id = s.event_id "
                + "WHEN NOT MATCHED THEN INSERT (\(names)) VALUES (\(sources))"
        }
    }

    /// Adds what holds for every statement to a request's body.
    func add(to body: inout JSONObject) {
        body.add("timeout", Int64(timeoutSeconds))
        body.add("database", database)
        body.add("schema", schema)
        body.add("warehouse", warehouse)
        body.add("role", role)
    }

    private static func columns(of row: [UInt8]) -> [String] {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(row[...])
        } catch {
            return []
        }
        return document.children(of: .root).compactMap { document.name(of: $0) }
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first), name.utf8.count <= 255 else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}

/// What one process does; all of it by default. Roles scale apart when they share a Redis.
struct Roles: OptionSet, Sendable {
    let rawValue: Int

    /// Receives deliveries.
    static let ingest = Roles(rawValue: 1)
    /// Sends events to destinations and watches over workers.
    static let forward = Roles(rawValue: 2)
    /// Health, metrics and administration.
    static let admin = Roles(rawValue: 4)
    static let all: Roles = [.ingest, .forward, .admin]

    private static let names: [(name: String, role: Roles)] = [
        ("ingest", .ingest), ("forward", .forward), ("admin", .admin),
    ]

    init(rawValue: Int) { self.rawValue = rawValue }

    /// Reads `ingest,forward,admin`.
    init(parsing text: String) throws(UsageError) {
        self = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let entry = Self.names.first(where: { $0.name == word }) else {
                throw UsageError(
                    "--roles: there is no role \"\(word)\"; the roles are \(Self.names.map(\.name).joined(separator: ", "))"
                )
            }
            insert(entry.role)
        }
    }
}

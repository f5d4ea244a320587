/// Changes that commands make beside the API, for the audit log.
@ControlPlane
enum CommandLineAudit {
    /// Notes a change.
    static func note(
        _ action: String, target: String, detail: String, _ session: StoreSession
    ) async throws(RedisFailure) {
        let keys = ControlKeys(prefix: session.configuration.redis.prefix)
        try await AuditStore(connection: session.connection, keys: keys).append(
            AuditEntry(
                who: Operator.name, role: Role.admin.rawValue, action: action, target: target, detail: detail,
                from: Operator.place, requestID: ""))
    }
}

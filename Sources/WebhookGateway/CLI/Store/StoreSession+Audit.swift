extension StoreSession {
    /// Writes to the audit log what the command line has changed by itself, not by the API.
    func note(_ action: String, _ target: String, _ detail: String) async throws(RedisFailure) {
        let audit = AuditStore(connection: connection, keys: ControlKeys(prefix: configuration.redis.prefix))
        try await audit.append(
            AuditEntry(
                who: Operator.name, role: Role.admin.rawValue, action: action, target: target, detail: detail,
                from: Operator.place, requestID: ""))
    }
}

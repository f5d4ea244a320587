/// What an error reply means for what is sent next.
enum RedisRefusal {
    private static let ofServer = [
        "READONLY", "OOM", "LOADING", "MASTERDOWN", "NOREPLICAS", "MISCONF", "BUSY", "NOAUTH", "NOPERM", "WRONGPASS",
        "CLUSTERDOWN", "TRYAGAIN", "ERR max number of clients",
    ]
    private static let ofConnection = ["READONLY", "LOADING", "MASTERDOWN", "NOAUTH"]

    /// The accept script's own refusal: a queue of the source holds as many entries as it may.
    static let queueFull = "QUEUEFULL a queue holds queues.maxDepth entries"

    /// Whether the server takes nothing from anybody at present, not just this command.
    static func concernsServer(_ error: String) -> Bool { ofServer.contains { error.hasPrefix($0) } }

    /// Whether a new connection may do better: to another server, or with a new login.
    static func callsForReconnect(_ error: String) -> Bool { ofConnection.contains { error.hasPrefix($0) } }
}

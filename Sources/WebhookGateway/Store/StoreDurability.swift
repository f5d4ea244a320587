/// What a Redis may lose as it is set up now, in sentences that say how to change it.
struct StoreDurability: Equatable, Sendable {
    var appendOnly: String?
    var appendFsync: String?

    static let command: [RedisArgument] = ["CONFIG", "GET", "append*"]

    init(appendOnly: String?, appendFsync: String?) {
        self.appendOnly = appendOnly
        self.appendFsync = appendFsync
    }

    /// Reads the reply to `command`: names and values in turn.
    init(_ reply: RedisReply) {
        let values = reply.elements?.compactMap(\.string) ?? []
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            if values[index] == "appendonly" { appendOnly = values[index + 1] }
            if values[index] == "appendfsync" { appendFsync = values[index + 1] }
        }
    }

    /// Whether each write is on disk before it is answered.
    var syncsEachWrite: Bool { appendOnly == "yes" && appendFsync == "always" }

    /// Nil when nothing acknowledged can be lost by a crash of the server.
    var weakness: String? {
        switch (appendOnly, appendFsync) {
        case ("yes", "always"): nil
        case ("yes", let policy?):
            "a crash may lose about the last second of acknowledged events (appendfsync \(policy)); CONFIG SET appendfsync always keeps them all"
        case ("no", _):
            "a crash loses the acknowledged events since its last snapshot (appendonly no); CONFIG SET appendonly yes and CONFIG SET appendfsync always keep them all"
        default:
            "it does not tell whether it keeps an append-only file (CONFIG GET refused); appendonly yes and appendfsync always are wanted"
        }
    }
}

/// What two gateways say to each other over `<dataDirectory>/control.sock` when one takes over from the other: lines of
/// words, the first with open descriptors. The kernel passes 253 in a message; where there are more, the line comes in parts.
///
/// ```
/// new                          old
/// takeover ──────────────────▶
///          ◀────────────────── 1234 lock control listen listen admin redis     descriptors: all but the number and redis
///   starts its workers on the sockets; both accept
/// ready listen admin redis ──▶ accepts nothing more on the sockets of these names
///          ◀────────────────── released
/// done ──────────────────────▶ drains and ends
/// ```
///
/// Before `done` either side may close the connection, by dying for instance: then the old gateway goes on as before.
enum ControlProtocol {
    static let socketName = "control.sock"
    static let request = "takeover"
    static let ready = "ready"
    static let released = "released"
    static let done = "done"
    static let refused = "refused"

    /// What the private Redis is called: it is no descriptor, the socket in the data directory leads to it.
    static let redis = "redis"
    static let lock = "lock"
    static let control = "control"

    /// Longer lines are nobody's of ours, in bytes.
    static let longestLine = 65_536
    /// How long the new gateway may take from its request until it is done.
    static let limit = Duration.seconds(120)
}

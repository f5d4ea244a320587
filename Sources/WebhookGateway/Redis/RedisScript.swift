/// A Lua script: atomic on the server, known there by the SHA-1 that SCRIPT LOAD answers.
struct RedisScript: Sendable {
    /// For error messages.
    var name: String
    var source: String
}

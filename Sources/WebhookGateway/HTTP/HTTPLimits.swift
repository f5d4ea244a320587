/// How large a request may be before it is refused; the body's limit comes with the route (`ConnectionState.accept`).
struct HTTPLimits: Sendable {
    /// The request line without its line end; longer: 431.
    var maxRequestLineBytes = 8192
    /// The whole head: request line, fields, line ends; larger: 431.
    var maxHeaderBytes = 16384
    /// Field lines in a head; more: 431.
    var maxHeaderFields = 100
    /// Bytes kept of pipelined requests while one is being answered; past them the connection stops reading.
    var maxPipelinedBytes = 65536
    /// What is read and thrown away of a refused request's body to keep the connection; a longer rest closes it.
    var maxDiscardedBytes = 65536
}

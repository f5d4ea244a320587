/// What a verifier may look at: one webhook as it came from the socket.
///
/// A look, not a copy: `body` and `headers` are slices of the connection's buffer and are valid for the call only.
public struct Delivery {
    /// The request method, upper case, as received ("POST", "GET", "HEAD").
    public var method: String
    /// The request target as received: path and query, undecoded ("/webhooks/stripe?x=1").
    public var target: ArraySlice<UInt8>
    /// What of the path follows `/webhooks/<source>/`, undecoded; empty when nothing follows.
    public var pathSuffix: ArraySlice<UInt8>
    /// The raw body after transfer decoding; never re-encoded, never trimmed.
    public var body: ArraySlice<UInt8>
    /// The header fields in the order of arrival.
    public var headers: HeaderFields
    /// The client's address, trusted proxies already resolved; nil when unknown (a captured request without one).
    public var peer: IPAddress?
    /// When the request arrived, in Unix seconds.
    public var receivedAt: Int64

    /// Makes a look at a delivery.
    public init(
        method: String, target: ArraySlice<UInt8>, pathSuffix: ArraySlice<UInt8> = [], body: ArraySlice<UInt8>,
        headers: HeaderFields, peer: IPAddress?, receivedAt: Int64
    ) {
        self.method = method
        self.target = target
        self.pathSuffix = pathSuffix
        self.body = body
        self.headers = headers
        self.peer = peer
        self.receivedAt = receivedAt
    }
}

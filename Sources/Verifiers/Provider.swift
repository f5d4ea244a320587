/// One provider with a source's settings: how its deliveries prove themselves, split into events, and are signed.
///
/// An instance belongs to one thread (it owns keyed HMAC contexts); make one a worker from the same `ProviderSettings`.
/// Pure: bytes in, verdict out; no socket, no clock, no store.
public protocol Provider: SendableMetatype {
    /// The name in configuration, metrics and events ("stripe").
    var name: String { get }
    /// Whether what follows the source's name in the path means something to the provider; for all others such a path
    /// leads nowhere.
    var readsPathSuffix: Bool { get }

    /// Whether each proof is good for one event only, so that all processes must know which were used (`tokenClaim`).
    var provesByToken: Bool { get }

    /// Proves a delivery authentic; returns which secret matched, counted from 1, or 0 for "by its address alone".
    func verify(_ delivery: Delivery) throws(VerificationFailure) -> Int

    /// Reads the body into `document` and lists the events in it, in order.
    ///
    /// The list may be empty where the provider batches (QuickBooks): the delivery is then accepted without an event.
    /// `document` afterwards holds what the payload nodes refer to, which need not be the body itself (a form as JSON).
    func events(in delivery: Delivery, document: inout JSONDocument) throws(MalformedBody) -> [ProviderEvent]

    /// The answer to a request that is not a delivery (a validation GET); nil: an ordinary delivery.
    func handshake(_ delivery: Delivery) -> HandshakeReply?

    /// What an authentic delivery claims for its events; nil where a proof cannot be used for others.
    func tokenClaim(of delivery: Delivery) -> TokenClaim?

    /// Forgets a claim that proved to be another event's.
    func forget(_ claim: TokenClaim)

    /// Signs a sample as the provider would, with the first secret: what `send` and the tests use.
    func sign(_ sample: inout Sample)

    /// Gives a sample's events new identities, so that it is no duplicate of what was sent before.
    func renew(_ sample: inout Sample, serial: Int)

    /// Names the likely cause of a refusal for a person ("the signature is base64 where hex is expected").
    func explain(_ failure: VerificationFailure, of delivery: Delivery) -> String

    /// What in a delivery is a secret itself, so that whoever keeps it can leave that out.
    func credentials(in delivery: Delivery) -> CarriedCredentials

    /// Whether a proof is good for one event only (a token that the signature covers in place of the body): a refusal
    /// may then mean a stolen token, which a judge without the memory of those used cannot tell.
    var provesOnce: Bool { get }
}

extension Provider {
    /// Most providers deliver to the source's own path.
    public var readsPathSuffix: Bool { false }

    /// Most providers sign the body.
    public var provesByToken: Bool { false }

    /// Most providers sign the body.
    public func tokenClaim(of delivery: Delivery) -> TokenClaim? { nil }

    /// Most providers sign the body.
    public func forget(_ claim: TokenClaim) {}

    /// Most providers have no handshake.
    public func handshake(_ delivery: Delivery) -> HandshakeReply? { nil }

    /// Most providers sign.
    public func credentials(in delivery: Delivery) -> CarriedCredentials { CarriedCredentials() }

    /// Most signatures cover the body.
    public var provesOnce: Bool { false }
}

/// A provider written in Swift, one file each; all others are definitions (`DeclaredProvider`).
public protocol NativeProvider: Provider {
    /// The name in configuration, metrics and events ("stripe").
    static var name: String { get }
    /// The bundled rules of its field mapping, as JSON5 (docs/mappings.md); the mapping is named after the provider.
    static var mapping: String { get }
    /// Whether it asks the endpoint questions by GET or HEAD (`handshake`).
    static var answersHandshakes: Bool { get }

    /// Checks the settings and prepares the keys.
    init(_ settings: ProviderSettings) throws(InvalidSettings)
}

extension NativeProvider {
    /// The name in configuration, metrics and events.
    public var name: String { Self.name }
    /// Most providers have no handshake.
    public static var answersHandshakes: Bool { false }
}

/// What a source's configuration says to its provider; values, so that every worker can build its own instance.
public struct ProviderSettings: Sendable, Equatable {
    /// The secrets, resolved; several during rotation: any one may match. Never logged.
    public var secrets: [[UInt8]]
    /// How old a signed timestamp may be, in seconds; 0: not checked. Stripe's default is 300.
    public var toleranceSeconds: Int64
    /// The URL as registered at the provider, byte for byte (Square signs it).
    public var notificationURL: String?
    /// The networks that deliveries may come from; nil: not checked; empty: nothing is allowed.
    public var allowedAddresses: [CIDRBlock]?
    /// The query parameter that carries a URL secret.
    public var secretParameter: String
    /// What a provider sends back to prove that it was told of this endpoint (Meta's verify token). Never logged.
    public var verifyToken: [UInt8]?
    /// Whether deliveries that prove nothing are accepted.
    public var allowUnauthenticated: Bool

    /// Makes settings.
    public init(
        secrets: [[UInt8]], toleranceSeconds: Int64 = 300, notificationURL: String? = nil,
        allowedAddresses: [CIDRBlock]? = nil, secretParameter: String = "secret", verifyToken: [UInt8]? = nil,
        allowUnauthenticated: Bool = false
    ) {
        self.secrets = secrets
        self.toleranceSeconds = toleranceSeconds
        self.notificationURL = notificationURL
        self.allowedAddresses = allowedAddresses
        self.secretParameter = secretParameter
        self.verifyToken = verifyToken
        self.allowUnauthenticated = allowUnauthenticated
    }
}

/// The answer to a provider's handshake.
public struct HandshakeReply: Equatable, Sendable {
    /// The HTTP status code.
    public var status: Int
    /// The body's media type; nil with an empty body.
    public var contentType: String?
    /// The body.
    public var body: [UInt8]
    /// Header fields beside the usual ones.
    public var headers: [ProviderDefinition.HeaderValue] = []

    /// Makes an answer.
    public init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// A request in the making, which `sign` completes.
public struct Sample: Sendable {
    /// The request method.
    public var method: String
    /// Path and query ("/webhooks/mailchimp?secret=…").
    public var target: String
    /// The header fields; `sign` replaces those it owns.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]
    /// The time to sign for, in Unix seconds.
    public var now: Int64

    /// Makes a sample.
    public init(
        method: String = "POST", target: String, headers: [(name: String, value: String)] = [], body: [UInt8],
        now: Int64
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.now = now
    }
}

/// A provider as data: everything that its deliveries prove themselves by and are made of (docs/add-a-provider.md).
///
/// Values only; `DeclaredProvider` is compiled from one, a worker each. What reads one from JSON5 is the executable's.
public struct ProviderDefinition: Sendable, Equatable {
    /// The name in configuration, metrics and events ("shopify").
    public var name: String
    /// What people call it ("Shopify").
    public var title: String
    /// The provider's own page on its webhooks.
    public var documentation: String?
    /// What to do in the provider's dashboard, step by step; Markdown.
    public var setup: [String] = []
    /// What is worth knowing of its deliveries: name and sentence ("retries": "8 times over 4 hours").
    public var facts: [Fact] = []
    /// How a delivery proves itself; the first that fits the request decides.
    public var proofs: [Proof] = []
    /// What bodies are made of; the media type chooses, the first is the default.
    public var contents: [BodyContent] = [.json]
    /// How a body is split into events, and what each is told by.
    public var events = EventRules()
    /// The questions it asks of the endpoint.
    public var handshakes: [HandshakeRule] = []
    /// What it is answered, where it wants something of its own.
    public var answers = AnswerRules()
    /// What `send` sets beside the signature.
    public var sampleHeaders: [HeaderValue] = []
    /// Deliveries whose verdict is known.
    public var vectors: [ProviderVector] = []
    /// How its API tells which accounts a key is for; nil: it is not asked.
    public var lookup: AccountLookup?
    /// The rules of its field mapping as JSON (docs/mappings.md); nil: every type passes through.
    public var mapping: String?

    /// The same definition, of which no token was used yet.
    public var unused: ProviderDefinition {
        var definition = self
        for index in definition.proofs.indices { definition.proofs[index].tokens = SingleUseTokens() }
        return definition
    }

    /// Makes a definition that proves nothing yet.
    public init(name: String, title: String) {
        self.name = name
        self.title = title
    }

    /// A named fact.
    public struct Fact: Sendable, Equatable {
        /// What it is about ("retries").
        public var name: String
        /// The fact.
        public var text: String

        /// Makes a fact.
        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// A header field.
    public struct HeaderValue: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: String

        /// Makes a field.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// One way in which a delivery proves itself.
public struct Proof: Sendable, Equatable {
    /// What kind of proof it is.
    public enum Kind: Sendable, Equatable {
        /// A keyed hash (RFC 2104) of the signed text.
        case hmac(HashAlgorithm)
        /// A plain hash of a text that holds the secret.
        case hash(HashAlgorithm)
        /// A signature with a private key, checked with the public one.
        case signature(AsymmetricKey.Scheme)
        /// The secret itself, in a header or another place.
        case shared
        /// `Authorization: Basic`; the secret is `user:password`.
        case basic
        /// The secret in the URL: a query parameter or the rest of the path.
        case urlSecret
        /// None at all.
        case none
    }

    /// How bytes are written as text.
    public enum Encoding: String, Sendable, CaseIterable {
        case hex, base64, base64url
    }

    /// How a secret's text becomes the key.
    public enum KeyEncoding: String, Sendable, CaseIterable {
        case utf8, base64, base64url, hex
    }

    /// What messages call it when a provider has several ("v3"); "" else.
    public var label = ""
    /// The kind.
    public var kind: Kind
    /// How a secret's text becomes the key.
    public var keyEncoding = KeyEncoding.utf8
    /// Prefixes that a secret may have and that are no part of the key (`whsec_`).
    public var keyPrefixes: [String] = []
    /// Whether only secrets with one of the prefixes belong to this proof.
    public var needsKeyPrefix = false
    /// When it is this proof that the request offers.
    public var conditions: [PlaceCondition] = []
    /// Where the signature or shared secret stands.
    public var signature: SignatureRule?
    /// The signed moment.
    public var timestamp: TimestampRule?
    /// The message's id, which some sign.
    public var id: [Place] = []
    /// What is signed.
    public var signed = SignedText(parts: [.body])
    /// Whether a delivery without a body is refused.
    public var refusesEmptyBody = false
    /// Where the text stands that `id` may prove once: the same id with another text is refused; empty: any number.
    public var singleUse: [Place] = []
    /// The ids that were used.
    var tokens = SingleUseTokens()

    /// Makes a proof.
    public init(kind: Kind) { self.kind = kind }
}

/// Where a signature stands and how it is written.
public struct SignatureRule: Sendable, Equatable {
    /// Where to look; the first place with a text counts.
    public var places: [Place]
    /// What stands before it and is no part of it (`sha256=`).
    public var prefix = ""
    /// How its bytes are written.
    public var encoding = Proof.Encoding.hex
    /// When the header is a list of pairs.
    public var fields: Fields?

    /// Pairs in one header: `t=1,v1=ab,v1=cd`.
    public struct Fields: Sendable, Equatable {
        /// What stands between pairs.
        public var separator: UInt8
        /// What stands between key and value.
        public var assign: UInt8
        /// The keys under which signatures stand; others prove nothing.
        public var keys: [String]

        /// Makes a rule for pairs.
        public init(separator: UInt8, assign: UInt8, keys: [String]) {
            self.separator = separator
            self.assign = assign
            self.keys = keys
        }
    }

    /// Makes a rule for a plain signature.
    public init(places: [Place]) { self.places = places }
}

/// A moment that is signed, and how far from the arrival it may be.
public struct TimestampRule: Sendable, Equatable {
    /// How it is written.
    public enum Unit: String, Sendable, CaseIterable {
        case seconds = "s"
        case milliseconds = "ms"
        case decimal = "float"
        case rfc3339
    }

    /// Where to look; the first place with a text counts.
    public var places: [Place]
    /// How it is written.
    public var unit = Unit.seconds
    /// How old it may be, in seconds; nil: what the source says; 0: not checked.
    public var toleranceSeconds: Int64?
    /// Whether one too far ahead is refused as well.
    public var checksFuture = true

    /// Makes a rule.
    public init(places: [Place]) { self.places = places }
}

/// How a body is split into events, and what each event is told by.
public struct EventRules: Sendable, Equatable {
    /// A list of events in the body.
    public struct Split: Sendable, Equatable {
        /// The way to the events; `*` stands for each element.
        public var path: JSONPointer
        /// The type of all of them; nil: as `EventRules.type` says.
        public var type: String?

        /// Makes a split.
        public init(path: JSONPointer, type: String? = nil) {
            self.path = path
            self.type = type
        }
    }

    /// How a time is written.
    public enum TimeFormat: String, Sendable, CaseIterable {
        case seconds = "s"
        case milliseconds = "ms"
        case decimal = "float"
        /// Seconds or milliseconds, told apart by their size.
        case unix
        case rfc3339
        /// `YYYY-MM-DD HH:MM:SS`, taken as UTC.
        case zoneless
    }

    /// The lists of events; empty: the whole body is one event. All are read, in order.
    public var splits: [Split] = []
    /// Fields of the surroundings that each event gets, by the name it gets them under; a `*` is the event's own.
    public var inherited: [Inherited] = []
    /// The idempotency key; nil or without a value: a hash of the event.
    public var id: Expression?
    /// The provider's name of the type.
    public var type: Expression?
    /// When it happened.
    public var time: Expression?
    /// How the time is written.
    public var timeFormat = TimeFormat.rfc3339
    /// What it is about.
    public var subject: Expression?
    /// The provider's account, looked up in `tenants`.
    public var account: Expression?
    /// Fields of an event whose values nobody may keep; the archive then holds the events instead of the body.
    public var redacted: [JSONPointer] = []
    /// Whether the archive holds the events instead of the body, because the body has what nobody may keep.
    public var archivesEvents = false
    /// What `send` gives new values, so that a sample is a new event: header names and pointers into an event.
    public var renewed: [Place] = []

    /// A field of the surroundings.
    public struct Inherited: Sendable, Equatable {
        /// The name under which an event gets it.
        public var name: String
        /// Where it stands, from the document's root.
        public var path: JSONPointer

        /// Makes a rule.
        public init(name: String, path: JSONPointer) {
            self.name = name
            self.path = path
        }
    }

    /// Makes rules for one event a delivery.
    public init() {}
}

/// A request that is no delivery, and its answer.
public struct HandshakeRule: Sendable, Equatable {
    /// A code that the answer must hold: an HMAC with the first secret.
    public struct Code: Sendable, Equatable {
        /// The hash function.
        public var algorithm: HashAlgorithm
        /// How it is written.
        public var encoding: Proof.Encoding

        /// Makes a rule.
        public init(algorithm: HashAlgorithm, encoding: Proof.Encoding) {
            self.algorithm = algorithm
            self.encoding = encoding
        }
    }

    /// The methods that ask it.
    public var methods: [String]
    /// How it is told from others and from a delivery.
    public var conditions: [PlaceCondition] = []
    /// Where the challenge stands.
    public var value: Place?
    /// What is computed from the challenge.
    public var code: Code?
    /// Where the text stands that must equal the source's `verifyToken`.
    public var verifyToken: Place?
    /// Whether the request must be authentic as a delivery is.
    public var isSigned = false
    /// The status of the answer.
    public var status = 200
    /// The media type of the answer.
    public var contentType: String?
    /// The answer; `{value}` is the challenge, `{value:json}` the same as a JSON text, `{code}` what was computed.
    public var body = ""
    /// The header field that carries the challenge back.
    public var echoHeader: String?

    /// Makes a rule.
    public init(methods: [String]) { self.methods = methods }
}

/// What a provider is answered, where it wants something of its own.
public struct AnswerRules: Sendable, Equatable {
    /// The media type of the answer to an accepted delivery; nil: the gateway's own JSON.
    public var acceptedContentType: String?
    /// The answer to an accepted delivery.
    public var acceptedBody = ""
    /// The status of a refusal; nil: 401.
    public var refusedStatus: Int?

    /// Makes the usual answers.
    public init() {}
}

/// A delivery whose verdict is known: published by the provider, or made with its own library.
public struct ProviderVector: Sendable, Equatable {
    /// What becomes of it.
    public enum Expectation: Sendable, Equatable {
        case accepted
        case refused(VerificationFailure)
        /// It is answered with this body.
        case answered(String)
    }

    /// What it shows.
    public var name = ""
    /// Where it comes from.
    public var origin = ""
    /// The source's settings.
    public var settings = ProviderSettings(secrets: [])
    /// The request method.
    public var method = "POST"
    /// Path and query.
    public var target = "/"
    /// The header fields.
    public var headers: [ProviderDefinition.HeaderValue] = []
    /// The body.
    public var body: [UInt8] = []
    /// When it arrives, in Unix seconds.
    public var at: Int64 = 0
    /// What becomes of it.
    public var expectation = Expectation.accepted
    /// The types of its events; nil: not compared.
    public var types: [String]?
    /// The keys of its events; nil: not compared.
    public var keys: [String]?

    /// Makes an empty vector.
    public init() {}
}

import Testing

@testable import WebhookGateway

/// A strict local imitation of one destination's API: what it takes, and how it answers.
///
/// A destination is conformant when it meets every `Situation` as its imitation expects. A new one needs a file here and
/// a line in `ImitationCatalog.all`.
protocol APIImitation: Sendable {
    /// The destination's type.
    var type: String { get }

    /// Sets credentials and address; `server` is the imitation's origin without a slash at its end.
    func configure(_ configuration: inout DestinationConfiguration, server: String)

    /// Reads a request as strictly as the API would: method, path, authentication, headers, limits, fields and types.
    /// What is wrong with it is the destination's mistake and fails the test.
    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading

    /// How the API answers when it takes all of it.
    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]

    /// How it answers a request with `isSpoilt` events in it; nil where the API never says so.
    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]?

    /// Whether the API takes the other events of a request that it refuses so.
    var takesPartially: Bool { get }

    /// How it asks to slow down; nil where it never does.
    var throttling: [FakeHTTPServer.Step]? { get }

    /// How it refuses the credentials.
    var unauthorized: [FakeHTTPServer.Step] { get }

    /// What the destination is to make of a situation.
    func expectation(_ situation: Situation) -> Expectation

    /// Whether the API's yes proves nothing, which attempts must say.
    var isUnverifiable: Bool { get }

    /// Whether a repeated event carries a deduplication key.
    var hasDeduplicationKey: Bool { get }
}

/// One event as an API found it in a request.
struct ReceivedEvent: Sendable, Equatable {
    /// The deduplication key.
    var key: String
    /// Whether it is one that the API is to refuse (`ConformanceEvents.spoilt`).
    var isSpoilt: Bool
}

/// What a request was.
enum Reading: Sendable {
    case events([ReceivedEvent])
    /// Another one that the API knows (a token, a poll), and its answer.
    case other([FakeHTTPServer.Step])
}

/// What the API would refuse every sender for.
struct Violation: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// What may happen to a batch.
enum Situation: String, CaseIterable, Sendable {
    case success
    case refusal
    case throttling
    case serverError
    case resetAfterAcceptance
    case slow
    case notHTTP
    case hugeWebPage
    case invalidJSON
    case unauthorized
}

/// What is to come of each event of the batch.
enum Expectation: Sendable, Equatable {
    case delivered
    /// All are to be tried again.
    case retry(FailureCategory)
    /// All are given up.
    case dead(FailureCategory)
    /// The spoilt ones are given up, with the API's own words; the others are delivered.
    case innocentDelivered(FailureCategory, words: String)
    /// The API never answers so.
    case doesNotHappen
}

extension APIImitation {
    var takesPartially: Bool { false }
    var throttling: [FakeHTTPServer.Step]? {
        [.answer(429, headers: ["Retry-After: 7"], body: #"{"error":"slow down"}"#)]
    }
    var unauthorized: [FakeHTTPServer.Step] { [.answer(401, body: #"{"error":"bad credentials"}"#)] }
    var isUnverifiable: Bool { false }
    var hasDeduplicationKey: Bool { true }

    /// What holds unless an API has a language of its own.
    func expectation(_ situation: Situation) -> Expectation { usual(situation) }

    func usual(_ situation: Situation) -> Expectation {
        switch situation {
        case .success: .delivered
        case .refusal: .innocentDelivered(.dataError, words: "refused by the imitation")
        case .throttling: .retry(.rateLimit)
        case .serverError: .retry(.providerError)
        case .resetAfterAcceptance, .slow, .notHTTP, .invalidJSON: .retry(.network)
        case .hugeWebPage: .retry(.providerError)
        case .unauthorized: .dead(.authentication)
        }
    }
}

/// A kind of place that events are sent to. A new one is a file in `Destinations/` and a word in `DestinationCatalog`.
///
/// Lanes do what all destinations need (batching, concurrency, retries, dead letters); a destination only knows how to
/// say a batch to its API and how to read the answer.
@ControlPlane
protocol Destination: AnyObject, Sendable {
    /// What the registry shows: type, name, required credentials, default settings.
    nonisolated static var card: DestinationCard { get }

    /// Checks what the card cannot say: the values of settings and credentials, and whether they go together. The
    /// catalog has checked before that nothing is missing and nothing is unknown.
    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination)

    /// Prepares what every request needs; throws what `validate` throws.
    init(_ context: DestinationContext) throws(InvalidDestination)

    /// How much one request may carry at most; the configuration may ask for less.
    var limits: BatchLimits { get }

    /// Sends one batch and says what came of each event. Never throws: a failure is an outcome.
    func send(_ batch: [Event]) async -> AttemptResult

    /// Asks the destination about its credentials, as far as it can say anything without taking an event.
    func check() async -> CredentialCheck

    /// Flushes and closes; called once, when no send is under way.
    func close() async
}

/// The most that one request of a destination carries.
struct BatchLimits: Sendable, Equatable {
    var events: Int
    var bytes: Int
}

/// A destination whose settings cannot work.
struct InvalidDestination: Error, Equatable, Sendable {
    /// The key below the destination that is wrong ("credentials.secret").
    var key: String
    /// What is wrong and how to mend it.
    var reason: String
}

extension InvalidDestination: CustomStringConvertible {
    var description: String { "\(key): \(reason)" }
}

import Glibc

/// Prints each event as one line of JSON on standard output.
@ControlPlane
final class ConsoleDestination: Destination {
    nonisolated static let card = DestinationCard(
        type: "console", name: "Console", description: "Prints each event as one JSON line on standard output.",
        address: .none)

    let limits = BatchLimits(events: 1000, bytes: 1 << 20)

    private let writer: LineWriter
    private let timeout: Duration

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {}

    init(_ context: DestinationContext) throws(InvalidDestination) {
        writer = LineWriter(STDOUT_FILENO)
        timeout = .seconds(context.configuration.timeoutSeconds)
    }

    /// Prints to another descriptor, which stays the caller's.
    init(descriptor: Int32, timeout: Duration) {
        writer = LineWriter(descriptor)
        self.timeout = timeout
    }

    func send(_ batch: [Event]) async -> AttemptResult {
        let (written, failure) = await writer.write(batch.map(\.json), deadline: Deadline(after: timeout))
        let outcomes: [DeliveryOutcome] = written.map { isWritten in
            isWritten
                ? .delivered
                : .retry(.network, reason: failure?.description ?? "standard output takes no bytes", after: nil)
        }
        return AttemptResult(outcomes: outcomes, request: "write to standard output")
    }

    func check() async -> CredentialCheck { .verified("standard output needs no credentials") }

    func close() async { writer.close() }
}

/// The far end of a streamed answer.
@ControlPlane
final class StreamWriter {
    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    /// False when the client has gone.
    var isOpen: Bool { exchange.takesStream }

    /// Sends text; false when the client has gone or does not keep up.
    func send(_ text: String) -> Bool { exchange.send(Array(text.utf8)) }

    func end() { exchange.endStream() }
}

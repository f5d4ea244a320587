import Testing

/// The real executable over real sockets, one gateway after another: each starts several processes, and two cores
/// should not have to carry twenty gateways at once.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct EndToEndTests {}

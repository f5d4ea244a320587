import Verifiers

/// What becomes of a server connection's bytes: a pure state machine without sockets, timers or callbacks.
///
/// Intended use, by the one who owns the socket and the event loop's read buffer:
///
///     let count = read(socket, into: &loop.scratch)
///     count == 0 ? state.receivedEnd() : state.received(loop.scratch[0..<count])
///     while true {
///         switch state.next() {
///         case .head(let request):              // route it; nothing of the body has been looked at
///             state.accept(maxBodyBytes: limit)      // or: state.refuse(); write the answer; state.replied()
///         case .sendContinue:                   // write ResponseWriter.continueLine and go on
///         case .dispatch(let request):          // hand it over; when the answer is written: state.replied(), now or later
///         case .reject(let error):              // write the error's answer with "Connection: close", go on
///         case .needMore: return                // read on, again if `waiting` had stopped it
///         case .waiting(let readOn): return     // an answer is owed; stop reading when `readOn` is false
///         case .close: return                   // flush what is written, shut down the writing side, linger, close
///         }
///     }
///
/// After `replied` from outside this loop, run the loop again: pipelined requests may be waiting. `connectionOption`
/// tells what the answer being written says about the connection. One request is answered at a time, so answers
/// come in order.
///
/// Copying: a request that lies whole in the received slice is dispatched as slices of it. Only what is left when the
/// loop returns (`needMore`, `waiting`) is copied into a buffer of the connection's own, which goes when it is used up:
/// an idle connection holds none. The received slice is never held past that return, so the read buffer is free again
/// unless a handler kept a request without `Request.copied()`.
struct ConnectionState: ~Copyable {
    /// What the connection does next.
    enum Action {
        /// Wait for bytes.
        case needMore
        /// A request's head is complete: answer with `accept(maxBodyBytes:)` or `refuse()`.
        case head(Request)
        /// Write "100 Continue".
        case sendContinue
        /// The request is complete: answer it, then call `replied`.
        case dispatch(Request)
        /// An answer is owed; bytes that come meanwhile are kept, so reading stops when `readOn` is false.
        case waiting(readOn: Bool)
        /// Answer with the error's status and "Connection: close"; `close` follows.
        case reject(ParseError)
        /// Nothing more will be read or answered.
        case close
    }

    /// What the connection is waiting for; each has a time-out of its own.
    enum Stage: Sendable {
        case idle, head, body, answering, closing
    }

    /// A chunked body in work; apart, so that a connection without one carries no room for it.
    private final class ChunkedBody {
        var decoder: ChunkedDecoder
        var bytes: [UInt8] = []

        init(maxBodyBytes: Int) {
            decoder = ChunkedDecoder(maxBodyBytes: maxBodyBytes)
        }
    }

    private enum Phase {
        case head
        case admission
        case fixedBody
        case chunkedBody
        case answering
        case discarding(Int)
        case closing
    }

    private var phase = Phase.head
    private var parser: RequestParser
    /// The slice last received, looked at where it lies; empty once the loop has returned.
    private var input: ArraySlice<UInt8> = []
    /// The connection's own copy of what was not used up; while it holds anything, all bytes go through it.
    private var held: [UInt8] = []
    /// Offsets into the window (`held`, or else `input`): the current request's first byte, and what has been decoded.
    private var requestStart = 0
    private var position = 0
    private var chunkedBody: ChunkedBody?
    private var owesContinue = false
    private var keepsAlive = true
    private var version = HTTPVersion.http11
    private var isDraining = false
    private var hasEnded = false
    /// Why the connection is closing, until that has been answered.
    private var rejection: ParseError?
    /// The length of a refused body.
    private var discardAfterReply = 0

    init(limits: HTTPLimits) {
        parser = RequestParser(limits: limits)
    }

    /// What the connection is waiting for now.
    var stage: Stage {
        switch phase {
        case .head: held.isEmpty || !parser.hasBegun ? .idle : .head
        case .admission, .fixedBody, .chunkedBody, .discarding: .body
        case .answering: .answering
        case .closing: .closing
        }
    }

    /// What the answer to the current request says about the connection.
    var connectionOption: ConnectionOption {
        guard keepsAlive, !isDraining else { return .close }
        return version == .http10 ? .keepAlive : .implicit
    }

    /// How many bytes of the connection's own are in use.
    var heldBytes: Int { held.count + (chunkedBody?.bytes.count ?? 0) }

    /// Takes bytes as they came; `next` says what follows from them.
    mutating func received(_ bytes: ArraySlice<UInt8>) {
        if case .closing = phase { return }
        park()
        if held.isEmpty {
            input = bytes
        } else {
            held.append(contentsOf: bytes)
        }
    }

    /// The client will send nothing more; what is complete is still answered.
    mutating func receivedEnd() {
        hasEnded = true
    }

    /// From now on answers carry "Connection: close" and the connection ends after the one in work.
    mutating func drain() {
        isDraining = true
    }

    /// Gives up the request that is still coming, and with it the connection.
    mutating func abandon() {
        keepsAlive = false
        phase = .closing
        release()
    }

    /// Lets the body come, up to a limit.
    mutating func accept(maxBodyBytes: Int) {
        guard case .admission = phase else {
            preconditionFailure("accept answers the action `head`")
        }
        if let length = head.contentLength, length > maxBodyBytes {
            phase = .closing
            keepsAlive = false
            rejection = .bodyTooLarge
        } else if head.isChunked {
            chunkedBody = ChunkedBody(maxBodyBytes: maxBodyBytes)
            phase = .chunkedBody
            owesContinue = head.expectsContinue
        } else {
            phase = .fixedBody
            owesContinue = head.expectsContinue && head.hasBody
        }
    }

    /// Declines the body: the caller answers now and then calls `replied`.
    ///
    /// The connection survives when what remains of the body is known to be small, and closes otherwise; also when the
    /// client waits for "100 Continue", since it may then send the body or not (RFC 9110 §10.1.1).
    mutating func refuse() {
        guard case .admission = phase else {
            preconditionFailure("refuse answers the action `head`")
        }
        discardAfterReply = head.contentLength ?? 0
        position = requestStart + head.length
        if head.isChunked || discardAfterReply > limits.maxDiscardedBytes || head.hasBody && head.expectsContinue {
            keepsAlive = false
        }
        phase = .answering
    }

    /// The current request has been answered.
    mutating func replied(close: Bool = false) {
        guard case .answering = phase else {
            preconditionFailure("replied follows dispatch or refuse")
        }
        guard keepsAlive, !isDraining, !close else {
            phase = .closing
            return
        }
        requestStart = position
        phase = discardAfterReply > 0 ? .discarding(discardAfterReply) : .head
        discardAfterReply = 0
    }

    /// Decides what to do next; call it until it says `needMore`, `waiting` or `close`.
    mutating func next() -> Action {
        while true {
            switch phase {
            case .head:
                guard let action = readHead() else { continue }
                return action
            case .admission:
                preconditionFailure("`head` must be answered by accept or refuse")
            case .fixedBody:
                return readFixedBody()
            case .chunkedBody:
                guard let chunkedBody else { preconditionFailure("accept makes the body that this phase fills") }
                return readChunkedBody(chunkedBody)
            case .answering:
                park()
                return .waiting(readOn: !hasEnded && held.count < limits.maxPipelinedBytes)
            case .discarding(let count):
                guard discard(count) else { return starve() }
            case .closing:
                release()
                if let error = rejection {
                    rejection = nil
                    return .reject(error)
                }
                return .close
            }
        }
    }
}

extension ConnectionState {
    private var head: RequestHead { parser.head }
    private var limits: HTTPLimits { parser.limits }
    private var windowCount: Int { held.isEmpty ? input.count : held.count }

    private func slice(_ lower: Int, _ upper: Int) -> ArraySlice<UInt8> {
        held.isEmpty ? input[input.startIndex + lower..<input.startIndex + upper] : held[lower..<upper]
    }

    /// Reads the head; nil when the phase has changed and the loop goes on.
    private mutating func readHead() -> Action? {
        guard windowCount > requestStart else {
            release()
            return hasEnded ? finish() : .needMore
        }
        if parser.isFinished { parser.reset() }
        do throws(ParseError) {
            let window = slice(requestStart, windowCount)
            guard let head = try parser.parse(window.span) else { return starve() }
            keepsAlive = head.keepAlive
            version = head.version
            position = requestStart + head.length
            phase = .admission
            return .head(Request(head: head, bytes: slice(requestStart, position), body: []))
        } catch {
            keepsAlive = false
            rejection = error
            phase = .closing
            return nil
        }
    }

    private mutating func readFixedBody() -> Action {
        let bodyStart = requestStart + head.length
        let end = bodyStart + (head.contentLength ?? 0)
        guard windowCount >= end else { return starve(expecting: end - requestStart) }
        position = end
        phase = .answering
        owesContinue = false
        return .dispatch(
            Request(head: head, bytes: slice(requestStart, bodyStart), body: slice(bodyStart, end)))
    }

    private mutating func readChunkedBody(_ chunked: ChunkedBody) -> Action {
        do throws(ChunkedError) {
            let bodyStart = requestStart + head.length
            position += try chunked.decoder.decode(slice(position, windowCount).span, into: &chunked.bytes)
            if position > bodyStart { owesContinue = false }
            guard chunked.decoder.isFinished else {
                dropDecoded(from: bodyStart)
                return starve()
            }
            let request = Request(head: head, bytes: slice(requestStart, bodyStart), body: chunked.bytes[...])
            chunkedBody = nil
            phase = .answering
            owesContinue = false
            return .dispatch(request)
        } catch {
            keepsAlive = false
            phase = .closing
            release()
            return .reject(.chunked(error))
        }
    }

    /// Forgets chunks that have been decoded, so that only the head is kept beside the body.
    private mutating func dropDecoded(from bodyStart: Int) {
        if held.isEmpty {
            input = input.prefix(bodyStart)
        } else {
            held.removeSubrange(bodyStart...)
        }
        position = bodyStart
    }

    /// Skips bytes of a refused body; false when more of them have to come.
    private mutating func discard(_ count: Int) -> Bool {
        let skipped = min(count, windowCount - requestStart)
        requestStart += skipped
        position = requestStart
        phase = skipped == count ? .head : .discarding(count - skipped)
        return skipped == count
    }

    /// All that came has been read and does not suffice.
    private mutating func starve(expecting count: Int = 0) -> Action {
        guard !hasEnded else { return finish() }
        if owesContinue, windowCount == position {
            // Only a client that has sent nothing of the body is waiting (RFC 9110 §10.1.1).
            owesContinue = false
            return .sendContinue
        }
        owesContinue = false
        park(expecting: count)
        return .needMore
    }

    private mutating func finish() -> Action {
        phase = .closing
        release()
        return .close
    }

    /// Copies what is left of the received slice, and drops what has been used up.
    private mutating func park(expecting count: Int = 0) {
        let start = keptFrom
        if held.isEmpty {
            if start < input.count { held.append(contentsOf: input.dropFirst(start)) }
            input = []
        } else if start == held.count {
            held = []
        } else if start > 0 {
            // A new array: handlers may still look at slices of the old one.
            held = Array(held[start...])
        }
        position -= start
        requestStart = 0
        if count > held.capacity {
            // Room grows with what has come, and not beyond what will.
            held.reserveCapacity(min(count, max(Self.reservedBytes, 2 * held.count)))
        }
    }

    /// Where the bytes that are still needed begin: those of a dispatched request are the handler's.
    private var keptFrom: Int {
        if case .answering = phase { return position }
        return requestStart
    }

    private mutating func release() {
        input = []
        held = []
        chunkedBody = nil
        requestStart = 0
        position = 0
        parser.reset(keepingCapacity: false)
    }

    /// Room made at once for a body whose length is told: a client that only promises a large one costs no more.
    private static let reservedBytes = 16384
}

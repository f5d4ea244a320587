import Verifiers

/// What is known about a request besides its bytes.
struct RequestContext {
    /// Ours, told in `X-Request-Id`, logs and problems.
    var requestID: ULID
    /// The socket's peer; nil on a unix socket.
    var peer: IPAddress?
    /// When its last byte arrived, in Unix milliseconds.
    var receivedAt: Int64
    /// The same moment on the monotonic clock, in nanoseconds, for durations.
    var startedAt: UInt64
    /// What the handler said about the request when it admitted it; 0 before that.
    var route = 0
}

/// What a handler says when it has seen a request's head.
enum Admission {
    /// Let the body come, up to so many bytes; `route` is told again should the rest of the request be refused.
    case accept(maxBodyBytes: Int, route: Int = 0)
    /// Answer at once; the body is not wanted.
    case refuse(Response)
}

/// Answers the requests of a listener: ingest and admin are two of them on one machinery.
protocol RequestHandler: AnyObject {
    /// Decides on a request whose head is complete; `request.body` is empty.
    func admit(_ request: Request, _ context: RequestContext) -> Admission

    /// Answers a complete request, now or later, through `exchange`. The request's slices are valid for the call only.
    func handle(_ request: Request, _ context: RequestContext, _ exchange: Exchange)

    /// A message that was not an acceptable request has been answered with `status`.
    func rejected(status: Int, detail: String, _ context: RequestContext)
}

/// One request that waits for its answer; a value that may be kept until then.
struct Exchange {
    fileprivate let connection: Connection
    fileprivate let serial: UInt64

    init(connection: Connection, serial: UInt64) {
        self.connection = connection
        self.serial = serial
    }

    /// Writes the answer; does nothing when the connection has gone meanwhile.
    func reply(_ response: Response) { connection.reply(response, serial: serial) }

    /// After a reply whose content is a stream: sends a piece; false when nobody takes it any more.
    func send(_ piece: [UInt8]) -> Bool { connection.send(piece, serial: serial) }

    /// Whether somebody still takes the streamed answer.
    var takesStream: Bool { connection.takesStream(serial: serial) }

    /// Ends a streamed answer.
    func endStream() { connection.endStream(serial: serial) }
}

extension Problem {
    /// The problem as an answer that names the request.
    func response(requestID: ULID) -> Response {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ULID.textLength) { text in
            requestID.write(to: text)
            return response(requestID: Span(_unsafeElements: UnsafeBufferPointer(text)))
        }
    }
}

/// One route of the API, declared once: routing, checking of parameters, access, audit, OpenAPI document and tests all
/// read this.
struct Route: Sendable {
    typealias Handler = @ControlPlane @Sendable (AdminRequest, AdminServices) async throws -> Reply

    /// Who may use it.
    enum Access: Equatable, Sendable {
        /// Anybody who can reach the port.
        case open
        /// Anybody where the port is on loopback, else this role.
        case openOnLoopback(Role)
        case role(Role)

        var role: Role? {
            switch self {
            case .open: nil
            case .openOnLoopback(let role), .role(let role): role
            }
        }
    }

    /// Whose things it shows or changes.
    enum Reach: Equatable, Sendable {
        /// What belongs to tenants: a tenant's token gets its own part.
        case tenant
        /// What belongs to all of them together: a tenant's token is refused.
        case installation
    }

    /// An answer that is not an error.
    struct Answer: Sendable {
        var status: HTTPStatus
        var meaning: String
        var content: Content

        enum Content: Sendable {
            case json(Shape)
            case other(StaticString)
            case nothing
        }
    }

    let method: HTTPMethod
    /// `/api/v1/events/{id}`.
    let path: String
    /// What the OpenAPI document calls the operation, and the audit log the change: `events.replay`.
    let name: String
    let summary: String
    var access: Access
    var reach: Reach
    /// Of the path, in its order.
    var pathParameters: [Shape.Member]
    var query: [Shape.Member]
    /// Header fields that mean something to it.
    var headers: [Shape.Member]
    var body: Shape?
    /// Whether the body may stay away.
    var isBodyOptional: Bool
    var maxBodyBytes: Int
    var answer: Answer
    /// Errors besides those that every route may answer.
    var problems: [HTTPStatus]
    /// Whether a client that has the answer already is told so (304).
    var isRevalidated: Bool
    /// Whether the audit log hears of it.
    var isAudited: Bool
    let handle: Handler

    private static let defaultBodyBytes = 65_536

    init(
        _ method: HTTPMethod, _ path: String, _ name: String, _ summary: String, _ access: Access,
        _ reach: Reach = .tenant, parameters: [Shape.Member] = [], query: [Shape.Member] = [],
        headers: [Shape.Member] = [], body: Shape? = nil, isBodyOptional: Bool = false, maxBodyBytes: Int? = nil,
        answer: Answer, problems: [HTTPStatus] = [], isRevalidated: Bool = false, isAudited: Bool? = nil,
        handle: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.name = name
        self.summary = summary
        self.access = access
        self.reach = reach
        pathParameters = parameters
        self.query = query
        self.headers = headers
        self.body = body
        self.isBodyOptional = isBodyOptional
        self.maxBodyBytes = body == nil ? 0 : maxBodyBytes ?? Self.defaultBodyBytes
        self.answer = answer
        self.problems = problems
        self.isRevalidated = isRevalidated
        self.isAudited = isAudited ?? (method != .get)
        self.handle = handle
    }
}

extension Route.Answer {
    static func json(_ meaning: String, _ shape: Shape, status: HTTPStatus = .ok) -> Self {
        Self(status: status, meaning: meaning, content: .json(shape))
    }

    /// A page of a list: `items`, and `next` for the one after it.
    static func page(_ meaning: String, of item: Shape, and more: [Shape.Member] = []) -> Self {
        .json(
            meaning,
            .record(
                [
                    Shape.Member("items", .list(item, longest: 100_000)),
                    Shape.Member("next", .optional(.cursor), "pass it as `cursor`"),
                ]
                    + more))
    }

    static func other(_ meaning: String, _ type: StaticString) -> Self {
        Self(status: .ok, meaning: meaning, content: .other(type))
    }

    static func nothing(_ meaning: String) -> Self {
        Self(status: .noContent, meaning: meaning, content: .nothing)
    }
}

/// What a handler answers.
struct Reply: Sendable {
    var response: Response
    /// What the audit log shall know besides who, what and when.
    var note = ""
    /// Who has proved to be somebody in the course of it: a log-in.
    var principal: Principal?
    /// Sends a streamed answer's pieces, until it returns or the client has gone.
    var stream: (@ControlPlane @Sendable (StreamWriter) async -> Void)?

    init(_ response: Response, note: String = "") {
        self.response = response
        self.note = note
    }

    static func json(_ line: JSONLine, status: HTTPStatus = .ok, note: String = "") -> Reply {
        Reply(.json(status, line.json), note: note)
    }

    /// A page as `Route.Answer.page` declares it.
    static func page(_ items: [[UInt8]], next: String?, and more: (inout JSONLine) -> Void = { _ in }) -> Reply {
        var line = JSONLine()
        line.add("items", list: items)
        line.add("next", next.map(Shape.encodedCursor))
        more(&line)
        return .json(line)
    }

    static let nothing = Reply(Response(.noContent))
}

/// Parameters that several routes have.
extension Shape.Member {
    static let limit = Shape.Member("limit", .integer(1...500), "how many; 50")
    static let cursor = Shape.Member("cursor", .cursor, "go on where the page before ended: its `next`")
    /// Of lists that are as long as the configuration or an administrator made them.
    static let part = [Shape.Member("limit", .integer(1...500), "how many; all of them"), cursor]
}

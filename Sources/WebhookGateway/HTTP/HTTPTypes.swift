/// A request method; the ones that routes use by name, every other as `other` (RFC 9110 §9).
enum HTTPMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, trace, connect, other

    /// The method of these bytes; methods are case-sensitive (RFC 9110 §9.1).
    init(_ bytes: Span<UInt8>) {
        switch bytes.count {
        case 3: self = Self.match(bytes, .get, .put)
        case 4: self = Self.match(bytes, .post, .head)
        case 5: self = Self.match(bytes, .patch, .trace)
        case 6: self = Self.match(bytes, .delete, .delete)
        case 7: self = Self.match(bytes, .options, .connect)
        default: self = .other
        }
    }

    /// The method's name; empty for `other`, whose name only the request knows.
    var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: ""
        }
    }

    private static func match(_ bytes: Span<UInt8>, _ first: HTTPMethod, _ second: HTTPMethod) -> HTTPMethod {
        if ASCII.isEqual(bytes, first.name) { return first }
        return ASCII.isEqual(bytes, second.name) ? second : .other
    }
}

/// A set of methods, as `Allow` lists it.
struct HTTPMethodSet: OptionSet, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    init(_ method: HTTPMethod) {
        rawValue = 1 << UInt16(method.rawValue)
    }

    func contains(_ method: HTTPMethod) -> Bool {
        contains(HTTPMethodSet(method))
    }
}

/// The versions that are served (RFC 9112 §2.3).
enum HTTPVersion: Sendable {
    case http10, http11
}

/// What the `Connection` field of an answer says.
enum ConnectionOption: Sendable {
    /// Nothing: HTTP/1.1 stays open by default.
    case implicit
    /// `close`: this is the last answer.
    case close
    /// `keep-alive`: an HTTP/1.0 client asked for it.
    case keepAlive
}

/// A status code (RFC 9110 §15).
struct HTTPStatus: Equatable, Hashable, Sendable {
    let code: UInt16

    init(_ code: UInt16) {
        precondition((100...999).contains(code), "a status code has three digits")
        self.code = code
    }

    static let ok = HTTPStatus(200)
    static let created = HTTPStatus(201)
    static let accepted = HTTPStatus(202)
    static let noContent = HTTPStatus(204)
    static let seeOther = HTTPStatus(303)
    static let notModified = HTTPStatus(304)
    static let badRequest = HTTPStatus(400)
    static let unauthorized = HTTPStatus(401)
    static let forbidden = HTTPStatus(403)
    static let notFound = HTTPStatus(404)
    static let methodNotAllowed = HTTPStatus(405)
    static let requestTimeout = HTTPStatus(408)
    static let conflict = HTTPStatus(409)
    static let gone = HTTPStatus(410)
    static let contentTooLarge = HTTPStatus(413)
    static let unsupportedMediaType = HTTPStatus(415)
    static let expectationFailed = HTTPStatus(417)
    static let unprocessableContent = HTTPStatus(422)
    static let tooManyRequests = HTTPStatus(429)
    static let headerFieldsTooLarge = HTTPStatus(431)
    static let internalServerError = HTTPStatus(500)
    static let badGateway = HTTPStatus(502)
    static let serviceUnavailable = HTTPStatus(503)
    static let gatewayTimeout = HTTPStatus(504)

    /// The status line that begins an answer with this code, without its line end.
    var line: StaticString? {
        switch code {
        case 200: "HTTP/1.1 200 OK"
        case 201: "HTTP/1.1 201 Created"
        case 202: "HTTP/1.1 202 Accepted"
        case 204: "HTTP/1.1 204 No Content"
        case 303: "HTTP/1.1 303 See Other"
        case 304: "HTTP/1.1 304 Not Modified"
        case 400: "HTTP/1.1 400 Bad Request"
        case 401: "HTTP/1.1 401 Unauthorized"
        case 403: "HTTP/1.1 403 Forbidden"
        case 404: "HTTP/1.1 404 Not Found"
        case 405: "HTTP/1.1 405 Method Not Allowed"
        case 408: "HTTP/1.1 408 Request Timeout"
        case 409: "HTTP/1.1 409 Conflict"
        case 410: "HTTP/1.1 410 Gone"
        case 413: "HTTP/1.1 413 Content Too Large"
        case 414: "HTTP/1.1 414 URI Too Long"
        case 415: "HTTP/1.1 415 Unsupported Media Type"
        case 417: "HTTP/1.1 417 Expectation Failed"
        case 422: "HTTP/1.1 422 Unprocessable Content"
        case 429: "HTTP/1.1 429 Too Many Requests"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large"
        case 500: "HTTP/1.1 500 Internal Server Error"
        case 501: "HTTP/1.1 501 Not Implemented"
        case 502: "HTTP/1.1 502 Bad Gateway"
        case 503: "HTTP/1.1 503 Service Unavailable"
        case 504: "HTTP/1.1 504 Gateway Timeout"
        case 505: "HTTP/1.1 505 HTTP Version Not Supported"
        default: nil
        }
    }

    /// The reason phrase; empty for a code without one here.
    var reason: String {
        guard let line else { return "" }
        // "HTTP/1.1 200 " is thirteen bytes.
        return String(line.description.dropFirst(13))
    }

    /// Whether an answer with this code never has content (RFC 9110 §6.4.1).
    var isBodiless: Bool {
        code < 200 || code == 204 || code == 304
    }
}

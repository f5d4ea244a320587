import Verifiers

/// A request whose sender is known and whose parameters have been checked against its route.
struct AdminRequest: Sendable {
    let principal: Principal
    /// The id of the token that was shown, if one was.
    let token: String?
    /// The session cookie's value, if one was sent.
    let session: String?
    /// Where it came from, for the audit log.
    let address: String
    let peer: IPAddress?
    let requestID: ULID
    let headers: HeaderFields
    private let path: [String: String]
    private let query: [String: String]
    /// The body; null when there is none.
    let body: JSONDocument

    static let defaultLimit = 50

    // MARK: Parameters

    /// A parameter of the path; the route declares it, so it is there.
    func path(_ name: String) -> String { path[name] ?? "" }

    func query(_ name: String) -> String? { query[name] }

    /// A time as Unix milliseconds.
    func moment(_ name: String) -> Int64? { query[name].flatMap(Shape.milliseconds) }

    var limit: Int { query["limit"].flatMap { Int($0) } ?? Self.defaultLimit }

    /// The decoded cursor, read by `parse`; one that no answer gave leads nowhere: 404.
    func cursor<Value>(_ parse: (String) -> Value?) throws(Problem) -> Value? {
        guard let text = query["cursor"] else { return nil }
        guard let value = Shape.decodedCursor(text).flatMap(parse) else {
            throw Problem(.notFound, "The parameter cursor is no position that an earlier answer gave as `next`.")
        }
        return value
    }

    /// The part of a short list that `limit` and `cursor` mean: all of it without them.
    func page(_ items: [[UInt8]], and more: (inout JSONLine) -> Void = { _ in }) throws(Problem) -> Reply {
        let start = min(try cursor { Int($0).flatMap { $0 >= 0 ? $0 : nil } } ?? 0, items.count)
        let end = query["limit"] == nil ? items.count : min(start + limit, items.count)
        return .page(Array(items[start..<end]), next: end < items.count ? "\(end)" : nil, and: more)
    }

    // MARK: Body

    func text(_ name: String) -> String? { body.string(of: body.member(named: name)) }
    func flag(_ name: String) -> Bool { body.boolean(of: body.member(named: name)) ?? false }
    func integer(_ name: String) -> Int? { Shape.integer(of: body.member(named: name), in: body) }
    func texts(_ name: String) -> [String]? {
        guard let node = body.member(named: name), body.kind(of: node) == .array else { return nil }
        return body.children(of: node).compactMap { body.string(of: $0) }
    }
}

extension AdminRequest {
    /// Checks a request against its route.
    init(
        _ request: Request, _ route: Route, path values: [String], identity: Authenticator.Identity,
        peer: IPAddress?, requestID: ULID
    ) throws(Problem) {
        principal = identity.principal
        token = identity.token
        session = identity.session
        self.peer = peer
        address = peer?.description ?? "unix socket"
        self.requestID = requestID
        headers = request.headers
        path = try Self.pathValues(route, values)
        query = try Self.queryValues(route, request.query ?? [])
        body = try Self.document(route, request)
    }

    private static func pathValues(_ route: Route, _ values: [String]) throws(Problem) -> [String: String] {
        var result: [String: String] = [:]
        for (member, value) in zip(route.pathParameters, values) {
            guard member.shape.problem(ofText: value) == nil else {
                // Nothing can have such a name.
                throw Problem(.notFound, "There is no \(member.name) \(TextRule.quoted(value)).")
            }
            result[member.name] = value
        }
        return result
    }

    private static func queryValues(_ route: Route, _ query: ArraySlice<UInt8>) throws(Problem) -> [String: String] {
        var result: [String: String] = [:]
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try text(parts[0])
            guard let member = route.query.first(where: { $0.name == name }) else {
                let guess = NearestName.to(name, among: route.query.map(\.name)).map { "; did you mean \($0)?" } ?? ""
                throw Problem(.badRequest, "The parameter \(TextRule.quoted(name)) is not known here\(guess)")
            }
            guard result[name] == nil else { throw Problem(.badRequest, "The parameter \(name) stands there twice.") }
            let value = try text(parts.count > 1 ? parts[1] : [])
            if let problem = member.shape.problem(ofText: value) {
                throw Problem(.badRequest, "The parameter \(name) \(problem).")
            }
            result[name] = value
        }
        if let missing = route.query.first(where: { $0.isRequired && result[$0.name] == nil }) {
            throw Problem(.badRequest, "The parameter \(missing.name) is missing.")
        }
        return result
    }

    static func text(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = true) throws(Problem) -> String {
        let decoded = PercentEncoding.decode(bytes, plusIsSpace: plusIsSpace)
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw Problem(.badRequest, "The address holds what is no UTF-8.")
        }
        return text
    }

    private static func document(_ route: Route, _ request: Request) throws(Problem) -> JSONDocument {
        var document = JSONDocument()
        guard let shape = route.body else { return document }
        if request.body.isEmpty, route.isBodyOptional { return document }
        guard let type = request.headers.first("content-type"), isJSON(type) else {
            throw Problem(.unsupportedMediaType, "The body must be JSON; say so with Content-Type: application/json.")
        }
        guard String(validating: request.body, as: UTF8.self) != nil else {
            throw Problem(.badRequest, "The body is no UTF-8.")
        }
        do throws(JSONError) {
            try document.read(request.body)
        } catch {
            throw Problem(.badRequest, "The body is no JSON: \(error).")
        }
        if let problem = shape.problem(of: .root, in: document, at: "") {
            throw Problem(.badRequest, "\(problem.prefix(1).uppercased())\(problem.dropFirst()).")
        }
        return document
    }

    private static func isJSON(_ type: ArraySlice<UInt8>) -> Bool {
        let media = String(decoding: type, as: UTF8.self).prefix { $0 != ";" && $0 != " " }.lowercased()
        return media == "application/json"
    }
}

import Verifiers

/// The admin API as commands use it, over HTTP or in this process: what they show and change is the same either way.
@ControlPlane
struct AdminClient {
    /// What the API answered instead of what was asked for.
    struct Refusal: Error, CustomStringConvertible {
        var status: Int
        var description: String
    }

    private static let largestPage = 500

    let transport: any AdminTransport

    /// The HTTP side, where there is one; nil: this process answers itself.
    var remote: RemoteTransport? { transport as? RemoteTransport }

    /// Opens the API, runs the work and leaves.
    static func run<Value: Sendable>(
        _ place: AdminPlace, _ work: @ControlPlane (AdminClient) async throws -> Value
    ) async throws -> Value {
        let client: AdminClient
        switch place {
        case .gateway(let address): client = AdminClient(transport: RemoteTransport(address))
        case .store(let path):
            let configuration = try ConfigurationLoader.looking(known: .builtIn).load(path).configuration
            client = AdminClient(transport: try await StoreTransport(configuration))
        }
        defer { client.transport.close() }
        return try await work(client)
    }

    // MARK: Calls

    func get(_ path: String, _ query: [(String, String?)] = []) async throws -> Row {
        try await row(AdminCall(method: .get, path: path, query: Self.given(query)))
    }

    func post(_ path: String, _ body: JSONLine? = nil, _ headers: [(String, String)] = []) async throws -> Row {
        try await row(AdminCall(method: .post, path: path, body: body?.json, headers: headers))
    }

    func patch(_ path: String, _ body: JSONLine, _ headers: [(String, String)] = []) async throws -> Row {
        try await row(AdminCall(method: .patch, path: path, body: body.json, headers: headers))
    }

    /// What the answer says; nil where it says nothing.
    @discardableResult
    func delete(
        _ path: String, _ query: [(String, String?)] = [], _ headers: [(String, String)] = []
    ) async throws -> Row? {
        Row(try await bytes(AdminCall(method: .delete, path: path, query: Self.given(query), headers: headers)))
    }

    /// The bytes of an answer that is no JSON.
    func bytes(_ path: String) async throws -> [UInt8] { try await bytes(AdminCall(method: .get, path: path)) }

    /// All objects of a list that comes in one piece.
    func all(_ path: String) async throws -> [Row] { try await get(path).rows("items") }

    /// The next `limit` objects of a list; fewer only at the end.
    func list(
        _ path: String, _ query: [(String, String?)], limit: Int, after cursor: String? = nil
    ) async throws -> (rows: [Row], next: String?) {
        var rows: [Row] = []
        var next = cursor
        var isFirst = true
        while isFirst || next != nil, rows.count < limit {
            isFirst = false
            let page = try await get(
                path, query + [("limit", "\(min(Self.largestPage, limit - rows.count))"), ("cursor", next)])
            rows += page.rows("items")
            next = page["next"]
            if next != nil, rows.count < limit, let moment = page["scannedTo"] {
                Terminal.showProgress("searched back to \(moment)")
            }
        }
        Terminal.showProgress(nil)
        return (rows, next)
    }

    private static func given(_ query: [(String, String?)]) -> [(name: String, value: String)] {
        query.compactMap { name, value in value.map { (name, $0) } }
    }

    private func row(_ call: AdminCall) async throws -> Row {
        guard let row = Row(try await bytes(call)) else { throw stranger() }
        return row
    }

    private func bytes(_ call: AdminCall) async throws -> [UInt8] {
        let answer = try await transport.answer(call)
        guard (200..<300).contains(answer.status) else { throw refusal(answer) }
        return answer.body
    }

    // MARK: Failures

    private func stranger() -> Refusal {
        Refusal(
            status: 0,
            description:
                "what answers at \(transport.name) is no admin API of this gateway; is that its admin port (admin.port)?"
        )
    }

    /// What an answer other than 2xx means to whoever waits for it.
    func refusal(_ answer: AdminAnswer) -> Refusal {
        guard let problem = Row(answer.body), let detail = problem["detail"] else { return stranger() }
        let said = VisibleText.escaped(detail)
        guard remote != nil else { return Refusal(status: answer.status, description: said) }
        let remedy =
            switch answer.status {
            case 401:
                " `webhook-gateway token list` on the gateway's machine shows which tokens hold, `token create` makes one."
            case 403: " Use a token with the role or for the tenant that this takes."
            case 404 where detail.hasPrefix("There is nothing at this address"):
                " Is that the admin port (admin.port) of a gateway of this version?"
            case 429: " Try again in \(answer.retryAfter ?? 60) s."
            case 500...: " Try again; the gateway's log tells more of the request \(problem["requestId"] ?? "")."
            default: ""
            }
        return Refusal(
            status: answer.status, description: "\(transport.name) answered \(answer.status): \(said)\(remedy)")
    }
}

extension AdminClient {
    /// Fails, with the nearest name there is, when there is nothing of that name.
    ///
    /// - Parameters:
    ///   - path: the list that has all of the kind.
    ///   - member: what the list calls the name, and an error the kind: `queue`.
    func expect(_ member: String, _ names: [String], in path: String) async throws {
        guard !names.isEmpty else { return }
        let known: [String]
        do {
            known = try await all(path).compactMap { $0[member] }
        } catch let refusal as Refusal where refusal.status == 403 {
            // A tenant's token does not see what all tenants share.
            return
        }
        for name in names where !known.contains(name) {
            let guess = NearestName.to(name, among: known).map { "did you mean \($0)?" }
            let list = known.isEmpty ? "there is none" : "there are \(known.joined(separator: ", "))"
            throw NotFound(
                description: "there is no \(member) \(TextRule.quoted(name)); \(VisibleText.escaped(guess ?? list))")
        }
    }
}

/// What a command was asked about is not there.
struct NotFound: Error, CustomStringConvertible {
    var description: String
}

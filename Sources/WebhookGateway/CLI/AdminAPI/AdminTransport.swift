import Glibc
import Verifiers

/// A request to the admin API.
struct AdminCall: Sendable {
    var method: HTTPMethod
    /// Below `/api/v1`, with a leading slash, encoded.
    var path: String
    var query: [(name: String, value: String)] = []
    /// JSON; nil: none.
    var body: [UInt8]?
    var headers: [(name: String, value: String)] = []

    var target: String {
        let pairs = query.map { "\($0.name)=\(Self.encoded($0.value))" }
        return RouteTable.prefix + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// The call as a request to a place.
    func request(to url: OutboundURL, _ more: [(name: String, value: String)] = []) -> OutboundRequest {
        var fields = headers + more
        if body != nil { fields.append(("Content-Type", "application/json")) }
        return OutboundRequest(method, url.appending(target), headers: fields, body: body ?? [])
    }

    /// A part of a path or a query.
    static func encoded(_ text: String) -> String {
        String(decoding: PercentEncoding.encode(Array(text.utf8)[...]), as: UTF8.self)
    }
}

/// An answer of the admin API.
struct AdminAnswer: Sendable {
    var status: Int
    var body: [UInt8]
    /// Seconds after which to try again, if it says so.
    var retryAfter: Int?
}

/// What carries calls to the admin API.
@ControlPlane
protocol AdminTransport {
    /// Whom a failure's sentence names: a URL, or the store.
    var name: String { get }
    func answer(_ call: AdminCall) async throws -> AdminAnswer
    func close()
}

/// Calls over HTTP, to a gateway that runs.
@ControlPlane
final class RemoteTransport: AdminTransport {
    /// Why there is no answer.
    struct Unanswered: Error, CustomStringConvertible {
        var description: String
    }

    private static let timeout = Duration.seconds(60)
    /// Of one answer: an event's whole story can be long.
    private static let largestAnswer = 256 << 20

    let address: AdminAddress
    private let client = HTTPClient(version: Version.number)

    init(_ address: AdminAddress) {
        self.address = address
        guard address.url.scheme == .http, !Self.isLoopback(address.url.host) else { return }
        Terminal.printError(
            "warning: the token goes to \(address.url.host) unencrypted, and so does what it answers; use https://")
    }

    var name: String { address.url.origin }

    func answer(_ call: AdminCall) async throws -> AdminAnswer {
        let options = HTTPClient.Options(
            timeout: Self.timeout, maxBodyBytes: Self.largestAnswer, allowsPrivateAddresses: true)
        do throws(HTTPClientError) {
            return AdminAnswer(try await client.send(request(call), options))
        } catch {
            throw unanswered(error)
        }
    }

    /// Sends a call whose answer comes in pieces and hands those of a 200 on as they come; returns when it has ended, with
    /// the answer to everything else.
    func stream(
        _ call: AdminCall, within limit: Duration, _ received: @escaping @ControlPlane @Sendable ([UInt8]) -> Void
    ) async throws -> AdminAnswer {
        let options = HTTPClient.Options(
            timeout: limit, maxBodyBytes: Self.largestAnswer, allowsPrivateAddresses: true, received: received)
        do throws(HTTPClientError) {
            return AdminAnswer(try await client.send(request(call), options))
        } catch {
            throw unanswered(error)
        }
    }

    func close() { client.close() }

    private func request(_ call: AdminCall) -> OutboundRequest {
        call.request(
            to: address.url, [("Authorization", "Bearer \(address.token)"), ("Accept-Encoding", "identity")])
    }

    private func unanswered(_ error: HTTPClientError) -> Unanswered {
        let remedy =
            switch error {
            case .unresolvable: ""
            case .tlsFailed: "; if its certificate is of your own authority, name that in SSL_CERT_FILE"
            case .unreadableAnswer: "; https:// where it has TLS (admin.tls)"
            default: "; does the gateway run there, and is that its admin port (admin.host, admin.port)?"
            }
        return Unanswered(description: "\(name): \(error)\(remedy)")
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

/// Calls that this process answers itself, over the store.
@ControlPlane
final class StoreTransport: AdminTransport {
    let configuration: Configuration
    private let admin: LocalAdmin
    private let url: OutboundURL

    /// Connects, as the configuration says.
    init(_ configuration: Configuration) async throws {
        self.configuration = configuration
        url = try OutboundURL("http://localhost/")
        let settings = try StoreSession.settings(configuration)
        admin = try LocalAdmin(configuration, redis: settings, who: Operator.name, from: Operator.place)
        try await StoreSession.becomeReady(admin.connection, settings, configuration)
        try await admin.takeUpChanges { try Vault(configuration, $0) }
    }

    var name: String { "the store" }

    func answer(_ call: AdminCall) async throws -> AdminAnswer {
        let response = await admin.answer(try call.request(to: url).encoded(userAgent: ""))
        guard case .bytes(let body) = response.content else { return AdminAnswer(status: 200, body: []) }
        return AdminAnswer(status: Int(response.status.code), body: body, retryAfter: response.retryAfter)
    }

    func close() { admin.stop() }
}

/// Who uses this program, as the audit log has it.
enum Operator {
    /// `cli:<user>@<host>`.
    static var name: String {
        let user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(getuid())"
        var name = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&name, name.count - 1) == 0
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return isKnown ? "cli:\(user)@\(host)" : "cli:\(user)"
    }

    static let place = "command line"
}

extension AdminAnswer {
    fileprivate init(_ response: ClientResponse) {
        self.init(
            status: Int(response.status.code), body: response.body,
            retryAfter: response.headers.first("retry-after").flatMap { Int(String(decoding: $0, as: UTF8.self)) })
    }
}

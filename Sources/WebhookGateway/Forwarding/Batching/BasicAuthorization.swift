import Verifiers

/// The value of an `Authorization` header by RFC 7617.
struct BasicAuthorization: Sendable {
    let value: String
    /// What a server that echoes the header would show.
    let secret: Secret

    init(user: String, password: String = "") {
        let pair = Base64.encode(Array("\(user):\(password)".utf8)[...])
        value = "Basic \(String(decoding: pair, as: UTF8.self))"
        secret = Secret(origin: .generated, bytes: pair)
    }
}

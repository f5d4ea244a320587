import Verifiers

/// AWS' Signature Version 4 in the header `Authorization`.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct SignatureV4 {
    private static let algorithm = "AWS4-HMAC-SHA256"

    let credentials: AWSCredentials
    let region: String
    let service: String

    /// Adds `X-Amz-Date`, `X-Amz-Security-Token` where there is one, and `Authorization` to a request. All headers that
    /// it has are signed, and `Host`; what `HTTPClient` adds besides is not.
    func sign(_ request: inout OutboundRequest, at moment: Timestamp) {
        let time = Self.time(moment)
        request.headers.append(("X-Amz-Date", time))
        if let token = credentials.sessionToken { request.headers.append(("X-Amz-Security-Token", token.text)) }
        let canonical = Self.canonical(request)
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let toSign = Self.stringToSign(canonical.request, time: time, scope: scope)
        let signature = signature(of: toSign, day: String(time.prefix(8)))
        request.headers.append(
            (
                "Authorization",
                "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
            ))
    }

    /// `20150830T123600Z`.
    static func time(_ moment: Timestamp) -> String {
        moment.formatted(.seconds).filter { $0 != "-" && $0 != ":" }
    }

    /// What is signed is derived from this: method, path, query, headers and the body's hash, each in one way only.
    static func canonical(_ request: OutboundRequest) -> (request: String, signedHeaders: String) {
        let query = request.url.target.drop { $0 != "?" }.dropFirst()
        var values: [String: [String]] = ["host": [request.url.authority]]
        for (name, value) in request.headers { values[name.lowercased(), default: []].append(trimmed(value)) }
        let headers = values.sorted { $0.key < $1.key }
        let signedHeaders = headers.map(\.key).joined(separator: ";")
        let lines =
            ["\(request.method.name)", encodedPath(request.url.path), sorted(query)]
            + headers.map { "\($0.key):\($0.value.joined(separator: ","))" }
            + ["", signedHeaders, SHA256Hash.hex(of: request.body[...])]
        return (lines.joined(separator: "\n"), signedHeaders)
    }

    static func stringToSign(_ canonicalRequest: String, time: String, scope: String) -> String {
        [algorithm, time, scope, SHA256Hash.hex(of: Array(canonicalRequest.utf8)[...])].joined(separator: "\n")
    }

    /// The key is derived anew for each day, region and service, so that a leaked one does little harm.
    private func signature(of text: String, day: String) -> String {
        var key = Array("AWS4".utf8) + credentials.secretKey.bytes
        for part in [day, region, service, "aws4_request", text] {
            let code = HMACKey(key)?.code(of: Array(part.utf8)[...])
            SecretBytes.wipe(&key)
            key = code?.bytes ?? []
        }
        return String(decoding: Hex.encode(key[...]), as: UTF8.self)
    }

    /// The path as it is sent, encoded once more, segment by segment.
    private static func encodedPath(_ path: Substring) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { encoded(Array($0.utf8)) }
            .joined(separator: "/")
    }

    private static func sorted(_ query: Substring) -> String {
        query.split(separator: "&").map { parameter in
            let name = parameter.prefix { $0 != "=" }
            return (reencoded(name), reencoded(parameter.dropFirst(name.count + 1)))
        }.sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
    }

    private static func reencoded(_ text: Substring) -> String {
        encoded(PercentEncoding.decode(Array(text.utf8)[...], plusIsSpace: false))
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        String(decoding: PercentEncoding.encode(bytes[...]), as: UTF8.self)
    }

    /// Without white space at its ends, and with one space for each run of it.
    private static func trimmed(_ value: String) -> String {
        value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

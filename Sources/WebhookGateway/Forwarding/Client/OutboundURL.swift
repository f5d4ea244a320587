import Verifiers

/// An absolute `http` or `https` URL that a request can be sent to; parsed strictly, so that what is checked, what is
/// connected to and what is sent as Host can never be three different things.
struct OutboundURL: Equatable, Hashable, Sendable {
    enum Scheme: String, Sendable {
        case http, https

        var defaultPort: UInt16 { self == .https ? 443 : 80 }
    }

    var scheme: Scheme
    /// The host in lower case; an IPv6 address without its brackets.
    var host: String
    var port: UInt16
    /// Path and query as sent: begins with `/`, holds no fragment.
    var target: String

    /// Why a text is no such URL; never repeats the text, which may hold a secret.
    struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        var description: String

        init(_ description: String) { self.description = description }
    }

    /// RFC 1035 §2.3.4.
    private static let maximumHostBytes = 253

    init(_ text: String) throws(Malformed) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Malformed(
                "the URL holds white space, control characters or letters outside ASCII; percent-encode them")
        }
        guard let end = text.firstRange(of: "://"), let scheme = Scheme(rawValue: text[..<end.lowerBound].lowercased())
        else {
            throw Malformed("the URL must start with http:// or https://")
        }
        let rest = text[end.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Malformed(
                "a URL with a user or password in it is not accepted; put credentials where the type asks for them")
        }
        // A backslash is a slash to some parsers and part of the host to others.
        guard !rest.contains("\\") else { throw Malformed("the URL holds a backslash; percent-encode it as %5C") }
        self.scheme = scheme
        (host, port) = try Self.hostAndPort(authority, defaultPort: scheme.defaultPort)
        let target = rest.dropFirst(authority.count)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// The path without the query.
    var path: Substring { target.prefix { $0 != "?" } }

    /// Scheme, host and port, the port left out where it goes without saying.
    var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// The value of `Host`.
    var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? host : "\(host):\(port)"
    }

    /// The URL with another path and query on the same origin, below this one's path.
    func appending(_ target: String) -> OutboundURL {
        var url = self
        url.target = (path.hasSuffix("/") ? path.dropLast() : path) + target
        return url
    }

    private static func hostAndPort(
        _ authority: Substring, defaultPort: UInt16
    ) throws(Malformed) -> (String, UInt16) {
        let host: Substring
        var rest: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw Malformed("the URL's [ has no ]") }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            guard IPAddress(String(host)) != nil, host.contains(":") else {
                throw Malformed("what stands in brackets in the URL is not an IPv6 address")
            }
            rest = authority[authority.index(after: bracket)...]
        } else {
            host = authority.prefix { $0 != ":" }
            guard isName(host) else { throw Malformed("the URL's host is not a host name or address") }
            rest = authority.dropFirst(host.count)
        }
        guard !rest.isEmpty else { return (host.lowercased(), defaultPort) }
        guard rest.removeFirst() == ":", rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(rest), port > 0
        else { throw Malformed("the URL's port is not a number from 1 to 65535") }
        return (host.lowercased(), port)
    }

    private static func isName(_ host: Substring) -> Bool {
        guard !host.isEmpty, host.utf8.count <= maximumHostBytes, host.first != ".", !host.contains("..") else {
            return false
        }
        return host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }
}

extension OutboundURL: CustomStringConvertible {
    /// The URL for logs and records: without its query, which often holds a key.
    var description: String { origin + path }
}

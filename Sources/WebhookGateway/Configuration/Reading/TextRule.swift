/// What a text of the configuration must look like; `problem` says in words what is wrong with one.
struct TextRule: Sendable {
    let problem: @Sendable (String) -> String?

    /// Anything but nothing.
    static let notEmpty = TextRule { $0.isEmpty ? "is empty" : nil }

    /// A source: it is part of a URL and of keys.
    static let sourceName = TextRule { text in
        isName(text, lowerCaseOnly: true)
            ? nil : "\(quoted(text)) is not a source name: 1 to 64 of a-z, 0-9, _ and -, the first a letter or digit"
    }

    /// A queue, tenant, destination: part of a key, so it must not hold `{`, `}` or `:`.
    static let name = TextRule { text in
        isName(text, lowerCaseOnly: false)
            ? nil
            : "\(quoted(text)) is not a name: 1 to 64 of A-Z, a-z, 0-9, ., _ and -, the first a letter or digit"
    }

    /// A role of the admin API.
    static let role = TextRule { text in
        let roles = ["viewer", "operator", "admin"]
        return roles.contains(text) ? nil : "\(quoted(text)) is not a role: one of \(roles.joined(separator: ", "))"
    }

    /// What Redis keys start with; the colon and the braces are the gateway's own separators.
    static let keyPrefix = name

    /// A pattern of event types, sources or tenants: `*` stands for any run of characters.
    static let pattern = TextRule { text in
        if text.isEmpty { return "an empty pattern matches nothing" }
        return text.utf8.contains { $0 <= 0x20 || $0 == 0x7F } ? "\(quoted(text)) holds white space" : nil
    }

    /// An address or name to listen on.
    static let host = TextRule { text in
        let isClean = !text.isEmpty && text.utf8.allSatisfy { isNameByte($0) || $0 == 0x3A }
        return isClean
            ? nil : "\(quoted(text)) is not a host: an address such as 0.0.0.0 or ::1, or a name, without port"
    }

    /// An absolute `http` or `https` URL.
    static let httpURL = TextRule { text in
        guard let rest = afterScheme(text, ["http://", "https://"]) else {
            return "\(quoted(URLMask.masked(text))) is not a URL that starts with http:// or https://"
        }
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return "holds white space or control characters" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let hostAndPort = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard let parsed = HostAndPort(parsing: String(hostAndPort), defaultPort: 443) else {
            return "\(quoted(URLMask.masked(text))) has no valid host and port"
        }
        return parsed.host.isEmpty ? "\(quoted(URLMask.masked(text))) has no host" : nil
    }

    /// One of the forms of `redis.url`.
    static let redisURL = TextRule { text in
        do throws(RedisEndpoint.Malformed) {
            _ = try RedisEndpoint(parsing: text)
            return nil
        } catch {
            return error.reason
        }
    }

    /// The text as it may stand in a message: quoted, escaped and not too long.
    static func quoted(_ text: String) -> String {
        VisibleText.quoted(text.count > 80 ? text.prefix(77) + "..." : text[...])
    }

    private static func afterScheme(_ text: String, _ schemes: [String]) -> Substring? {
        for scheme in schemes where text.lowercased().hasPrefix(scheme) {
            return text.dropFirst(scheme.count)
        }
        return nil
    }

    private static func isName(_ text: String, lowerCaseOnly: Bool) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        let isLetterOrDigit = isNameByte(first) && first != 0x2D && first != 0x2E && first != 0x5F
        let allowed = text.utf8.allSatisfy { byte in
            isNameByte(byte) && !(lowerCaseOnly && ((0x41...0x5A).contains(byte) || byte == 0x2E))
        }
        return isLetterOrDigit && allowed
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

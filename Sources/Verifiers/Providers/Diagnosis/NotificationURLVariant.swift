/// A URL that may stand in the provider's subscription where the configuration has a slightly different one.
struct NotificationURLVariant {
    /// What it is, to follow "the signature was made for …".
    let description: String
    let url: [UInt8]

    /// The usual slips, the smallest first, and every combination of them; then the URL that the request itself names.
    static func all(of url: ArraySlice<UInt8>, delivery: Delivery) -> [NotificationURLVariant] {
        let configured = String(decoding: url, as: UTF8.self)
        var variants = [NotificationURLVariant(description: "no URL at all, only the body", url: [])]
        var bases = [configured]
        let host = delivery.headers.first("x-forwarded-host") ?? delivery.headers.first("host")
        if let host {
            let target = String(decoding: delivery.target, as: UTF8.self)
            bases.append("https://\(String(decoding: host, as: UTF8.self))\(target)")
        }
        for base in bases {
            for text in slips(of: base) where text != configured {
                variants.append(
                    NotificationURLVariant(description: "'\(redacted(text))'", url: Array(text.utf8)))
            }
        }
        return variants
    }

    private static func slips(of url: String) -> [String] {
        var result = [url]
        for edit in [swapScheme, toggleSlash, dropQuery, togglePort, trim, lowercaseHost] {
            result += result.map(edit)
        }
        var seen: Set<String> = []
        return result.filter { seen.insert($0).inserted }
    }

    private static func swapScheme(_ url: String) -> String {
        if url.hasPrefix("https://") { return "http://" + url.dropFirst(8) }
        return url.hasPrefix("http://") ? "https://" + url.dropFirst(7) : "https://" + url
    }

    private static func toggleSlash(_ url: String) -> String {
        let (path, query) = split(url, at: "?")
        return (path.hasSuffix("/") ? String(path.dropLast()) : path + "/") + query
    }

    private static func dropQuery(_ url: String) -> String {
        split(url, at: "?").0
    }

    private static func togglePort(_ url: String) -> String {
        let (scheme, authority, rest) = parts(url)
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            return scheme + authority[..<colon] + rest
        }
        return scheme + authority + (scheme == "http://" ? ":80" : ":443") + rest
    }

    private static func trim(_ url: String) -> String {
        String(decoding: Array(url.utf8)[...].trimmingWhitespace, as: UTF8.self)
    }

    private static func lowercaseHost(_ url: String) -> String {
        let (scheme, authority, rest) = parts(url)
        return scheme + authority.lowercased() + rest
    }

    private static func parts(_ url: String) -> (scheme: String, authority: String, rest: String) {
        let scheme = url.hasPrefix("http://") ? "http://" : url.hasPrefix("https://") ? "https://" : ""
        let (authority, rest) = split(String(url.dropFirst(scheme.count)), at: "/")
        return (scheme, authority, rest)
    }

    /// The text before a character, and from it on.
    private static func split(_ text: String, at separator: Character) -> (String, String) {
        guard let index = text.firstIndex(of: separator) else { return (text, "") }
        return (String(text[..<index]), String(text[index...]))
    }

    /// The URL without what its query says: it may hold a secret.
    private static func redacted(_ url: String) -> String {
        let (path, query) = split(url, at: "?")
        return query.isEmpty ? path : path + "?…"
    }
}

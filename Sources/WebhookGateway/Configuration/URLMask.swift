/// Shows a URL without what is secret in it: the password, and query values under telling names.
enum URLMask {
    static func masked(_ url: String) -> String {
        maskedQuery(maskedPassword(url))
    }

    private static func maskedPassword(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return url
        }
        return url[...colon] + Secret.mask + url[at...]
    }

    private static func maskedQuery(_ url: String) -> String {
        guard let question = url.firstIndex(of: "?") else { return url }
        let parameters = url[url.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false)
        let masked = parameters.map { parameter in
            guard let equals = parameter.firstIndex(of: "="), SecretNames.isSecret(String(parameter[..<equals])) else {
                return String(parameter)
            }
            return parameter[...equals] + Secret.mask
        }
        return url[...question] + masked.joined(separator: "&")
    }
}

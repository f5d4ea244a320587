/// One address of a mail, with or without a name: `ada@example.com`, `Ada Lovelace <ada@example.com>`.
///
/// Taken strictly: what could be read as a second address, or end the header line that it stands in, is no address.
struct MailAddress: Equatable, Sendable {
    /// RFC 5321 §4.5.3.1.
    private static let maximumBytes = 254
    private static let maximumLocalBytes = 64

    let name: String?
    let address: String

    /// An address that comes from outside: no name, nothing around it but white space.
    init?(bare text: String) {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        guard Self.isAddress(rest) else { return nil }
        self.init(name: nil, address: String(rest))
    }

    private init(name: String?, address: String) {
        self.name = name
        self.address = address
    }

    /// An address as the configuration states it, also with a name in front.
    init?(_ text: String) {
        guard text.last == ">", let bracket = text.firstIndex(of: "<") else {
            self.init(bare: text)
            return
        }
        let address = text[text.index(after: bracket)...].dropLast()
        guard Self.isAddress(address) else { return nil }
        let words = text[..<bracket].split(separator: " ").joined(separator: " ")
        let isQuoted = words.count > 1 && words.hasPrefix("\"") && words.hasSuffix("\"")
        let name = isQuoted ? String(words.dropFirst().dropLast()) : words
        guard name.unicodeScalars.allSatisfy({ Self.isPrintable($0) && !#"<>"\"#.unicodeScalars.contains($0) }) else {
            return nil
        }
        self.init(name: name.isEmpty ? nil : name, address: String(address))
    }

    /// What follows the `@`, in lower case.
    var domain: String { address.split(separator: "@").last?.lowercased() ?? "" }

    /// The address as it stands in a header (RFC 5322 §3.4).
    var text: String {
        guard let name else { return address }
        let isPlain = name.unicodeScalars.allSatisfy { !"()[]:;@,.".unicodeScalars.contains($0) }
        return isPlain ? "\(name) <\(address)>" : "\"\(name)\" <\(address)>"
    }

    private static func isAddress(_ text: Substring) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= maximumBytes, parts.count == 2 else { return false }
        let (local, domain) = (parts[0], parts[1])
        guard local.utf8.count <= maximumLocalBytes, isDotted(local), isDotted(domain), domain.contains(".") else {
            return false
        }
        let isLocal = local.unicodeScalars.allSatisfy {
            isPrintable($0) && $0 != " " && !#"()<>[]:;\,""#.unicodeScalars.contains($0)
        }
        let isDomain = domain.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".": true
            default: !scalar.isASCII && scalar.properties.isAlphabetic
            }
        }
        return isLocal && isDomain
    }

    /// Neither begins nor ends with a dot nor has two in a row.
    private static func isDotted(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
    }

    /// No control character and no white space but the space.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}

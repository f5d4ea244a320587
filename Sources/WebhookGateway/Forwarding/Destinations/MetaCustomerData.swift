import Verifiers

/// Customers as Meta matches them: normalised as its own library does, then hashed (SHA-256, lower-case hex).
/// https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
enum MetaCustomerData {
    /// The hash of an e-mail; nil when it is none.
    static func email(_ text: String) -> String? {
        if let hash = existingHash(text) { return hash }
        let email = trimmed(text).lowercased()
        guard let at = email.firstIndex(of: "@"), at != email.startIndex,
            email[email.index(after: at)...].contains("."), !email.contains(where: \.isWhitespace)
        else { return nil }
        return hash(email)
    }

    /// The hash of a phone number with its country's code; nil when it has none.
    ///
    /// A national number would hash as well and match nobody, or somebody else: without `countryCode` it is left out.
    static func phone(_ text: String, countryCode: String?) -> String? {
        if let hash = existingHash(text) { return hash }
        let trimmed = trimmed(text)
        var digits = trimmed.filter { $0.isASCII && $0.isNumber }[...]
        let isInternational = trimmed.hasPrefix("+") || digits.hasPrefix("00")
        digits = digits.drop { $0 == "0" }
        guard digits.count >= 5 else { return nil }
        if isInternational { return hash(String(digits)) }
        return countryCode.map { hash($0 + digits) }
    }

    /// The hash of a first or last name: lower case, without white space and punctuation.
    static func name(_ text: String) -> String? {
        if let hash = existingHash(text) { return hash }
        let name = text.lowercased().filter { character in
            !character.isWhitespace && !(character.isASCII && !character.isLetter && !character.isNumber)
        }
        return name.isEmpty ? nil : hash(name)
    }

    /// The hash of the customer's id, which must be the one that the browser's pixel sends.
    static func externalID(_ text: String) -> String? {
        if let hash = existingHash(text) { return hash }
        let id = trimmed(text).lowercased()
        return id.isEmpty ? nil : hash(id)
    }

    /// What is a hash already (SHA-256, or MD5, which Meta takes too) is passed on.
    private static func existingHash(_ text: String) -> String? {
        let lower = trimmed(text).lowercased()
        let isHash =
            (lower.utf8.count == 64 || lower.utf8.count == 32) && lower.utf8.allSatisfy { Hex.value($0) != nil }
        return isHash ? lower : nil
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    private static func hash(_ text: String) -> String { SHA256Hash.hex(of: Array(text.utf8)[...]) }
}

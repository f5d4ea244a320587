extension Proof.Encoding {
    /// Writes bytes.
    func text(of bytes: [UInt8]) -> String {
        let text =
            switch self {
            case .hex: Hex.encode(bytes[...])
            case .base64: Base64.encode(bytes[...])
            case .base64url: Base64.encode(bytes[...], alphabet: .urlSafe, padded: false)
            }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads bytes; nil when the text is not written so.
    func bytes(of text: ArraySlice<UInt8>) -> [UInt8]? {
        switch self {
        case .hex: Hex.decode(text)
        case .base64: Base64.decode(text)
        case .base64url: Base64.decode(text, alphabet: .urlSafe)
        }
    }

    /// What messages call it.
    var title: String {
        switch self {
        case .hex: "hex"
        case .base64: "base64"
        case .base64url: "URL-safe base64"
        }
    }
}

extension Proof {
    /// The key that a secret's text stands for; nil when it is not written as the provider writes keys.
    func key(of secret: [UInt8]) -> [UInt8]? {
        let bare = bare(secret)
        switch keyEncoding {
        case .utf8: return bare
        case .base64: return Base64.decode(bare[...]) ?? Base64.decode(bare[...], alphabet: .urlSafe)
        case .base64url: return Base64.decode(bare[...], alphabet: .urlSafe)
        case .hex: return Hex.decode(bare[...])
        }
    }

    /// The secret without the prefix that is no part of the key.
    func bare(_ secret: [UInt8]) -> [UInt8] {
        for prefix in keyPrefixes where secret.starts(with: prefix.utf8) {
            return Array(secret.dropFirst(prefix.utf8.count))
        }
        return secret
    }

    /// Whether a secret has one of the prefixes.
    func hasPrefix(_ secret: [UInt8]) -> Bool {
        keyPrefixes.contains { secret.starts(with: $0.utf8) }
    }
}

extension SignatureRule {
    /// Longer headers are refused unread.
    static let maximumLength = 8192
    /// So many signatures of one header are tried.
    static let maximumSignatures = 16

    /// The signatures in a header's value, without their prefix, and all its pairs when it is a list of pairs.
    func read(
        _ value: ArraySlice<UInt8>
    ) -> (signatures: [ArraySlice<UInt8>], pairs: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]) {
        guard let fields else {
            let trimmed = value.trimmingWhitespace
            guard trimmed.starts(with: prefix.utf8) else { return ([], []) }
            return ([trimmed.dropFirst(prefix.utf8.count)], [])
        }
        let pairs = value.split(separator: fields.separator).prefix(64).map { item in
            let item = item.trimmingWhitespace
            let sign = item.firstIndex(of: fields.assign) ?? item.endIndex
            return (key: item[..<sign], value: item[sign...].dropFirst())
        }
        let signatures = pairs.filter { pair in fields.keys.contains { pair.key.elementsEqual($0.utf8) } }
            .prefix(Self.maximumSignatures).map(\.value)
        return (Array(signatures), pairs)
    }

    /// Writes a header's value from a signature and the signed moment.
    func header(_ signature: String, timestamp: String?, timestampKey: String?) -> String {
        guard let fields else { return prefix + signature }
        let assign = String(decoding: [fields.assign], as: UTF8.self)
        var pairs = [(fields.keys.first ?? "") + assign + signature]
        if let timestampKey, let timestamp { pairs.insert(timestampKey + assign + timestamp, at: 0) }
        return pairs.joined(separator: String(decoding: [fields.separator], as: UTF8.self))
    }
}

extension TimestampRule {
    /// The moment in Unix seconds; nil when it is not written so.
    func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
        switch unit {
        case .seconds: return Digits.number(text, maximumCount: 19)
        case .milliseconds: return Digits.number(text, maximumCount: 19).map { $0 / 1000 }
        case .decimal:
            let whole = text.prefix { $0 != UInt8(ascii: ".") }
            guard text.dropFirst(whole.count + 1).allSatisfy({ Digits.value($0) != nil }) else { return nil }
            return Digits.number(whole, maximumCount: 19)
        case .rfc3339: return Timestamp(rfc3339: text)?.seconds
        }
    }

    /// A moment as the provider writes it.
    func text(_ seconds: Int64) -> String {
        switch unit {
        case .seconds: "\(seconds)"
        case .milliseconds: "\(seconds.multipliedReportingOverflow(by: 1000).partialValue)"
        case .decimal: "\(seconds).0"
        case .rfc3339: Timestamp(seconds: seconds).formatted()
        }
    }

    /// What messages call the unit.
    var title: String {
        switch unit {
        case .seconds, .decimal: "Unix seconds"
        case .milliseconds: "Unix milliseconds"
        case .rfc3339: "an RFC 3339 time"
        }
    }
}

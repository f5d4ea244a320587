import Verifiers

/// What an attempt's record keeps of an answer: its beginning, without the credentials that a server may echo.
enum AnswerExcerpt {
    static let maximumBytes = 2048

    /// The first 2 KiB as text; every occurrence of a secret, as it is or percent-encoded, is masked.
    static func text(_ body: [UInt8], hiding secrets: [Secret]) -> String {
        var patterns: [[UInt8]] = []
        // A secret of a few bytes would mask ordinary text, and hides nothing anyway.
        for secret in secrets where secret.bytes.count >= 4 {
            patterns.append(secret.bytes)
            let encoded = PercentEncoding.encode(secret.bytes[...])
            if encoded != secret.bytes { patterns.append(encoded) }
        }
        // A secret that is cut by the limit would not be recognised: look a little further than is kept.
        let longest = patterns.map(\.count).max() ?? 0
        var kept = Array(body.prefix(maximumBytes + longest))
        for pattern in patterns { kept = masked(kept, pattern) }
        return String(decoding: kept.prefix(maximumBytes), as: UTF8.self)
    }

    private static func masked(_ bytes: [UInt8], _ pattern: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let range = rest.firstRange(of: pattern) {
            result.append(contentsOf: rest[..<range.lowerBound])
            result.append(contentsOf: Secret.mask.utf8)
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}

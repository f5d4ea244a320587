/// The value of `Stripe-Signature`: comma-separated `key=value` items in any order. Reading it allocates nothing.
///
/// Only the scheme `v1` counts: `v0` is a fake that Stripe adds to test events, and taking it would be a downgrade.
struct StripeSignatureHeader {
    /// How many signatures are looked at: one a secret while secrets roll; more would only be an attacker's work for us.
    static let maximumSignatures = 16

    /// The first `t` as the header spells it: what was signed.
    let timestampText: ArraySlice<UInt8>
    /// The same as a number.
    let timestamp: Int64
    private let value: ArraySlice<UInt8>
    /// The only signature, which most headers have; nil: there are several.
    private let onlySignature: ArraySlice<UInt8>?

    init(_ value: ArraySlice<UInt8>) throws(VerificationFailure) {
        guard value.count <= Stripe.maximumHeaderLength else { throw .malformed }
        var timestampText: ArraySlice<UInt8>?
        var signature: ArraySlice<UInt8>?
        var hasMore = false
        var items = Items(value)
        while let item = items.next() {
            switch item.scheme {
            case .timestamp: timestampText = timestampText ?? item.value
            case .v1:
                hasMore = signature != nil
                signature = signature ?? item.value
            case .other: break
            }
        }
        guard let timestampText, let timestamp = Digits.number(timestampText, maximumCount: 19) else {
            throw .malformed
        }
        guard signature != nil else { throw .missing }
        self.value = value
        onlySignature = hasMore ? nil : signature
        self.timestampText = timestampText
        self.timestamp = timestamp
    }

    /// Whether one of the signatures is `digest`, each comparison in constant time.
    func contains(_ digest: Digest) -> Bool {
        if let onlySignature { return Self.isSignature(onlySignature, digest) }
        var items = Items(value)
        var count = 0
        while let item = items.next(), count < Self.maximumSignatures {
            guard item.scheme == .v1 else { continue }
            count += 1
            if Self.isSignature(item.value, digest) { return true }
        }
        return false
    }

    private static func isSignature(_ text: ArraySlice<UInt8>, _ digest: Digest) -> Bool {
        guard let signature = Digest(hex: text, count: digest.count) else { return false }
        return signature == digest
    }

    /// Whether any signature that counts is 32 bytes in hexadecimal.
    var hasReadableSignature: Bool {
        var items = Items(value)
        var count = 0
        while let item = items.next(), count < Self.maximumSignatures {
            guard item.scheme == .v1 else { continue }
            count += 1
            if Digest(hex: item.value, count: 32) != nil { return true }
        }
        return false
    }
}

extension StripeSignatureHeader {
    enum Scheme {
        case timestamp, v1, other
    }

    /// Walks the items from left to right, each split at its first `=`; an item without one has an empty value.
    struct Items {
        private let text: ArraySlice<UInt8>
        /// Where the rest begins, counted from the text's start.
        private var position = 0

        init(_ value: ArraySlice<UInt8>) {
            text = value
        }

        mutating func next() -> (scheme: Scheme, value: ArraySlice<UInt8>)? {
            let item: (scheme: Scheme, value: Range<Int>, end: Int)? = text.withUnsafeBufferPointer { bytes in
                var start = position
                while start < bytes.count, bytes[start] == UInt8(ascii: ",") || bytes[start] == UInt8(ascii: " ") {
                    start &+= 1
                }
                guard start < bytes.count, let base = bytes.baseAddress else { return nil }
                let end = ByteText(base: base, count: bytes.count).firstIndex(of: UInt8(ascii: ","), from: start)
                let sign = ByteText(base: base, count: end).firstIndex(of: UInt8(ascii: "="), from: start)
                return (Self.scheme(bytes[start..<sign]), min(sign + 1, end)..<end, end)
            }
            guard let item else {
                position = text.count
                return nil
            }
            position = item.end
            let first = text.startIndex
            return (item.scheme, text[first + item.value.lowerBound..<first + item.value.upperBound])
        }

        private static func scheme(_ key: Slice<UnsafeBufferPointer<UInt8>>) -> Scheme {
            if key.count == 1, key[key.startIndex] == UInt8(ascii: "t") { return .timestamp }
            if key.count == 2, key[key.startIndex] == UInt8(ascii: "v"), key[key.startIndex + 1] == UInt8(ascii: "1") {
                return .v1
            }
            return .other
        }
    }
}

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

    init(_ value: ArraySlice<UInt8>) throws(VerificationFailure) {
        guard value.count <= Stripe.maximumHeaderLength else { throw .malformed }
        var timestampText: ArraySlice<UInt8>?
        var hasSignature = false
        var items = Items(value)
        while let item = items.next() {
            switch item.scheme {
            case .timestamp: timestampText = timestampText ?? item.value
            case .v1: hasSignature = true
            case .other: break
            }
        }
        guard let timestampText, let timestamp = Digits.number(timestampText, maximumCount: 19) else {
            throw .malformed
        }
        guard hasSignature else { throw .missing }
        self.value = value
        self.timestampText = timestampText
        self.timestamp = timestamp
    }

    /// Whether one of the signatures is `digest`, each comparison in constant time.
    func contains(_ digest: Digest) -> Bool {
        var items = Items(value)
        var count = 0
        while let item = items.next(), count < Self.maximumSignatures {
            guard item.scheme == .v1 else { continue }
            count += 1
            if let signature = Digest(hex: item.value, count: digest.count), signature == digest { return true }
        }
        return false
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
        private var rest: ArraySlice<UInt8>

        init(_ value: ArraySlice<UInt8>) {
            rest = value
        }

        mutating func next() -> (scheme: Scheme, value: ArraySlice<UInt8>)? {
            let place: (start: Int, sign: Int, end: Int)? = rest.withUnsafeBufferPointer { bytes in
                var start = 0
                while start < bytes.count, bytes[start] == UInt8(ascii: ",") || bytes[start] == UInt8(ascii: " ") {
                    start &+= 1
                }
                guard start < bytes.count, let base = bytes.baseAddress else { return nil }
                let end = ByteText(base: base, count: bytes.count).firstIndex(of: UInt8(ascii: ","), from: start)
                let sign = ByteText(base: base, count: end).firstIndex(of: UInt8(ascii: "="), from: start)
                return (start, sign, end)
            }
            guard let place else {
                rest = []
                return nil
            }
            let first = rest.startIndex
            let item = rest[first + place.start..<first + place.end]
            rest = rest[(first + place.end)...]
            let sign = first + place.sign
            return (Self.scheme(item[..<sign]), item[sign...].dropFirst())
        }

        private static func scheme(_ key: ArraySlice<UInt8>) -> Scheme {
            if key.count == 1, key.first == UInt8(ascii: "t") { return .timestamp }
            if key.count == 2, key.first == UInt8(ascii: "v"), key.last == UInt8(ascii: "1") { return .v1 }
            return .other
        }
    }
}

internal import COpenSSL

/// Comparison that leaks no position through its timing.
public enum ConstantTime {
    /// Whether two byte strings are equal; the time depends on their lengths only, and differing lengths are unequal.
    public static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { rightBytes in
                guard let leftStart = leftBytes.baseAddress, let rightStart = rightBytes.baseAddress else {
                    return true
                }
                return CRYPTO_memcmp(leftStart, rightStart, leftBytes.count) == 0
            }
        }
    }

    /// Whether two byte strings are equal, as `equal` of spans.
    public static func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        equal(left.span, right.span)
    }
}

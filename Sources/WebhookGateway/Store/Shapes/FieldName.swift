/// Tells names of fields from keys of a map: what a provider's programmer wrote from what its users' data are called by.
///
/// A key may be somebody's address, number or account: it is not kept, and all values under such keys count as one.
enum FieldName {
    /// Longer ones are taken for keys, in bytes.
    static let longest = 64
    private static let mostDigits = 4
    private static let shortestHex = 16

    /// Whether it is the name of a field.
    static func isField(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...longest).contains(bytes.count) else { return false }
        var digits = 0
        var hexDigits = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                hexDigits += 1
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "-"):
                hexDigits += 1
            case UInt8(ascii: "@"), 0..<0x20, 0x7F: return false
            default: break
            }
        }
        // Numbers, dates, telephone numbers and ids; what is all hexadecimal and long is an id as well.
        if digits > mostDigits || digits == bytes.count { return false }
        return !(hexDigits == bytes.count && hexDigits >= shortestHex && digits > 0)
    }
}

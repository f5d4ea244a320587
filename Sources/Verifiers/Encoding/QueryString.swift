/// The query of a request target: what stands between `?` and `#`.
public enum QueryString {
    /// The undecoded value of the first parameter with that (decoded) name; nil when there is none.
    public static func value(of name: [UInt8], in target: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        for pair in pairs(of: target) where PercentEncoding.decode(pair.name, plusIsSpace: true) == name {
            return pair.value
        }
        return nil
    }

    /// The target with the value of each parameter of that name replaced by `•••`, for logs and archives.
    public static func redacting(_ name: [UInt8], in target: ArraySlice<UInt8>) -> [UInt8] {
        var result = Array(target)
        for pair in pairs(of: target).reversed()
        where PercentEncoding.decode(pair.name, plusIsSpace: true) == name && !pair.value.isEmpty {
            let start = pair.value.startIndex - target.startIndex
            result.replaceSubrange(start..<start + pair.value.count, with: "•••".utf8)
        }
        return result
    }

    /// The parameters as undecoded slices of the target, in order.
    static func pairs(of target: ArraySlice<UInt8>) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        let query = target[(mark + 1)...].prefix { $0 != UInt8(ascii: "#") }
        return query.split(separator: UInt8(ascii: "&")).map(pair(of:))
    }

    /// Splits `name=value` at the first `=`; without one the value is empty.
    static func pair(of field: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        guard let sign = field.firstIndex(of: UInt8(ascii: "=")) else { return (field, field[field.endIndex...]) }
        return (field[..<sign], field[(sign + 1)...])
    }
}

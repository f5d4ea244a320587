/// An `application/x-www-form-urlencoded` body in PHP's bracket notation, decoded within bounds.
///
/// `data[merges][GROUPINGS][0][name]=x` nests: a part in brackets is a key, `[]` the next free index. A group whose
/// keys are exactly 0 ..< n becomes an array, any other an object; a name that comes twice keeps its last value, as in
/// PHP. A name whose brackets do not close is taken as it stands.
public struct FormDecoder: Sendable {
    /// One decoded field.
    public struct Field: Equatable, Sendable {
        /// The whole decoded name, brackets included ("data[email]").
        public var name: [UInt8]
        /// The decoded value.
        public var value: [UInt8]
    }

    /// How many fields a body may have.
    public static let maximumFields = 2000
    /// How many keys deep a name may nest.
    public static let maximumDepth = 8
    /// How long a decoded name may be, in bytes.
    public static let maximumNameLength = 512

    /// The fields in the order of arrival.
    public private(set) var fields: [Field]

    /// Decodes a body.
    public init(_ body: ArraySlice<UInt8>) throws(MalformedBody) {
        fields = []
        var rest = body
        while !rest.isEmpty {
            let text = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[text.endIndex...].dropFirst()
            if text.isEmpty { continue }
            guard fields.count < Self.maximumFields else {
                throw MalformedBody("the form has more than \(Self.maximumFields) fields")
            }
            fields.append(try Self.field(text, number: fields.count + 1))
        }
    }

    /// The fields ordered by name, then value: what an idempotency key is made of, whatever order a proxy gave them.
    public var sortedFields: [Field] {
        fields.sorted {
            $0.name == $1.name
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.name.lexicographicallyPrecedes($1.name)
        }
    }

    /// The sorted fields in an unambiguous form: length, colon, bytes for each name and each value.
    ///
    /// Without the lengths `a=1&b=2` and `a=1b2` could be made to read the same.
    public var canonicalForm: [UInt8] {
        var result: [UInt8] = []
        for field in sortedFields {
            for part in [field.name, field.value] {
                result.append(contentsOf: String(part.count).utf8)
                result.append(UInt8(ascii: ":"))
                result.append(contentsOf: part)
            }
        }
        return result
    }

    /// The fields as one nested JSON object whose leaves are strings.
    public func json() throws(MalformedBody) -> [UInt8] {
        var tree = FormTree()
        for field in fields {
            try tree.insert(field.value, at: Self.path(of: field.name), name: field.name)
        }
        return tree.json()
    }

    private static func field(_ text: ArraySlice<UInt8>, number: Int) throws(MalformedBody) -> Field {
        let pair = QueryString.pair(of: text)
        let name = PercentEncoding.decode(pair.name, plusIsSpace: true)
        guard name.count <= maximumNameLength else {
            throw MalformedBody("the name of form field \(number) is longer than \(maximumNameLength) bytes")
        }
        let value = PercentEncoding.decode(pair.value, plusIsSpace: true)
        // The event must be valid UTF-8 and nothing may be replaced silently.
        guard String(validating: name, as: UTF8.self) != nil else {
            throw MalformedBody("the name of form field \(number) is not UTF-8")
        }
        guard String(validating: value, as: UTF8.self) != nil else {
            throw MalformedBody("form field \(display(name)) is not UTF-8")
        }
        return Field(name: name, value: value)
    }

    /// Splits `a[b][]` into its keys; an empty key means the next free index.
    private static func path(of name: [UInt8]) throws(MalformedBody) -> [ArraySlice<UInt8>] {
        guard let first = name.firstIndex(of: UInt8(ascii: "[")), first > 0, name.last == UInt8(ascii: "]") else {
            return [name[...]]
        }
        var path = [name[..<first]]
        var index = first
        while index < name.endIndex {
            guard name[index] == UInt8(ascii: "["), let end = name[index...].firstIndex(of: UInt8(ascii: "]")) else {
                return [name[...]]
            }
            path.append(name[(index + 1)..<end])
            index = end + 1
        }
        guard path.count <= maximumDepth else {
            throw MalformedBody("form field \(display(name)) nests deeper than \(maximumDepth) keys")
        }
        return path
    }

    /// A name short enough for a message.
    static func display(_ name: [UInt8]) -> String {
        name.count <= 80
            ? String(decoding: name, as: UTF8.self) : String(decoding: name.prefix(80), as: UTF8.self) + "…"
    }
}

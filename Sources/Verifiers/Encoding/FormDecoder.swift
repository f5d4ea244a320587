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

    /// All decoded names and values, one after the other.
    private let text: [UInt8]
    private let places: [Place]

    /// Where a field's name and value stand in `text`: the value follows the name.
    private struct Place: Sendable {
        var start: Int
        var middle: Int
        var end: Int

        var name: Range<Int> { start..<middle }
        var value: Range<Int> { middle..<end }
    }

    /// Decodes a body.
    public init(_ body: ArraySlice<UInt8>) throws(MalformedBody) {
        var found: [Place] = []
        found.reserveCapacity(32)
        var problem: MalformedBody?
        // Decoding never lengthens.
        text = [UInt8](unsafeUninitializedCapacity: body.count) { text, count in
            body.withUnsafeBufferPointer { body in
                do throws(MalformedBody) {
                    try Self.decode(body, into: text, &count, &found)
                } catch {
                    problem = error
                }
            }
        }
        places = found
        if let problem { throw problem }
    }

    /// The fields in the order of arrival.
    public var fields: [Field] { places.map(field) }

    /// The fields ordered by name, then value: what an idempotency key is made of, whatever order a proxy gave them.
    public var sortedFields: [Field] { sortedPlaces.map(field) }

    /// The sorted fields in an unambiguous form: length, colon, bytes for each name and each value.
    ///
    /// Without the lengths `a=1&b=2` and `a=1b2` could be made to read the same.
    public var canonicalForm: [UInt8] {
        var result = ByteBuffer(capacity: text.count + 8 * places.count)
        text.withUnsafeBufferPointer { text in
            for place in sortedPlaces {
                Self.appendCanonical(UnsafeBufferPointer(rebasing: text[place.name]), to: &result)
                Self.appendCanonical(UnsafeBufferPointer(rebasing: text[place.value]), to: &result)
            }
        }
        return result.bytes
    }

    private static func appendCanonical(_ part: UnsafeBufferPointer<UInt8>, to result: inout ByteBuffer) {
        JSONWriter.append(unsigned: UInt64(part.count), to: &result)
        result.append(UInt8(ascii: ":"))
        result.append(part)
    }

    /// The fields as one nested JSON object whose leaves are strings.
    public func json() throws(MalformedBody) -> [UInt8] {
        try text.withUnsafeBufferPointer { (text) throws(MalformedBody) in
            var tree = FormTree(text, fields: places.count)
            for place in places { try tree.insert(place.value, name: place.name) }
            return tree.json()
        }
    }

    private func field(_ place: Place) -> Field {
        Field(name: Array(text[place.name]), value: Array(text[place.value]))
    }

    private var sortedPlaces: [Place] {
        text.withUnsafeBufferPointer { text in
            places.sorted { left, right in
                let order = Self.order(text, left.name, right.name)
                return order == 0 ? Self.order(text, left.value, right.value) < 0 : order < 0
            }
        }
    }

    /// Below 0 when the left bytes come first, 0 when both are the same.
    private static func order(_ text: UnsafeBufferPointer<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Int {
        let first = UnsafeBufferPointer(rebasing: text[left])
        let second = UnsafeBufferPointer(rebasing: text[right])
        return ByteComparison.order(first, second)
    }

    /// Decodes the body's fields one after the other; `text` has room for all bytes of the body.
    private static func decode(
        _ body: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int,
        _ places: inout [Place]
    ) throws(MalformedBody) {
        precondition(text.count >= body.count, "no room for the decoded form")
        var position = 0
        while position < body.count {
            if body[position] == UInt8(ascii: "&") {
                position += 1
                continue
            }
            guard places.count < maximumFields else {
                throw MalformedBody("the form has more than \(maximumFields) fields")
            }
            let number = places.count + 1
            let start = count
            let name = decodePart(body, from: position, endsAtSign: true, into: text, &count)
            let middle = count
            guard middle - start <= maximumNameLength else {
                throw MalformedBody("the name of form field \(number) is longer than \(maximumNameLength) bytes")
            }
            let hasValue = name.end < body.count && body[name.end] == UInt8(ascii: "=")
            let value = decodePart(
                body, from: hasValue ? name.end + 1 : name.end, endsAtSign: false, into: text, &count)
            // The event must be valid UTF-8 and nothing may be replaced silently.
            guard name.isASCII || String(validating: text[start..<middle], as: UTF8.self) != nil else {
                throw MalformedBody("the name of form field \(number) is not UTF-8")
            }
            guard value.isASCII || String(validating: text[middle..<count], as: UTF8.self) != nil else {
                throw MalformedBody("form field \(display(Array(text[start..<middle])[...])) is not UTF-8")
            }
            places.append(Place(start: start, middle: middle, end: count))
            position = value.end
        }
    }

    /// Decodes a name or value up to `&`, or to `=` as well, as `PercentEncoding` does with `+` for space.
    ///
    /// Writes no more bytes than it reads, so that what is written stays within a text as long as the body.
    @inline(__always)
    private static func decodePart(
        _ body: UnsafeBufferPointer<UInt8>, from start: Int, endsAtSign: Bool,
        into text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) -> (end: Int, isASCII: Bool) {
        var index = start
        var written = count
        var all: UInt8 = 0
        while index < body.count {
            var byte = body[index]
            // Letters and all that has no meaning here but digits, `-` and `.`, which take the long way.
            if byte <= UInt8(ascii: "=") {
                if byte == UInt8(ascii: "&") || endsAtSign && byte == UInt8(ascii: "=") { break }
                if byte == UInt8(ascii: "+") {
                    byte = UInt8(ascii: " ")
                } else if byte == UInt8(ascii: "%"), body.count &- index > 2,
                    let high = Hex.value(body[index &+ 1]), let low = Hex.value(body[index &+ 2])
                {
                    byte = high << 4 | low
                    index &+= 2
                }
            }
            index &+= 1
            text[written] = byte
            written &+= 1
            all |= byte
        }
        count = written
        return (index, all < 0x80)
    }

    /// A name short enough for a message.
    static func display(_ name: ArraySlice<UInt8>) -> String {
        name.count <= 80
            ? String(decoding: name, as: UTF8.self) : String(decoding: name.prefix(80), as: UTF8.self) + "…"
    }
}

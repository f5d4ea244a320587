/// The header fields of one message: offsets into the bytes they came in, so that reading them copies nothing.
public struct HeaderFields: Sendable {
    /// One field: where its name and value lie in `bytes`.
    public struct Field: Sendable {
        /// The name's bytes, as received.
        public var name: Range<Int>
        /// The value's bytes, without the white space around it.
        public var value: Range<Int>

        /// Makes a field from two ranges of `HeaderFields.bytes`.
        public init(name: Range<Int>, value: Range<Int>) {
            self.name = name
            self.value = value
        }
    }

    /// The bytes that the fields point into.
    public var bytes: ArraySlice<UInt8>
    /// The fields in the order of arrival.
    public var fields: [Field]

    /// Makes header fields over `bytes`; each range must lie inside it.
    public init(bytes: ArraySlice<UInt8>, fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// Makes header fields from text, for tests, samples and captured requests.
    public init(_ pairs: [(name: String, value: String)]) {
        var bytes: [UInt8] = []
        var fields: [Field] = []
        fields.reserveCapacity(pairs.count)
        for pair in pairs {
            let nameStart = bytes.count
            bytes.append(contentsOf: pair.name.utf8)
            let valueStart = bytes.count
            bytes.append(contentsOf: pair.value.utf8)
            fields.append(Field(name: nameStart..<valueStart, value: valueStart..<bytes.count))
        }
        self.init(bytes: bytes[...], fields: fields)
    }

    /// The first value of a field, its name compared without regard to ASCII case (RFC 9110 §5.1); nil when absent.
    public func first(_ name: StaticString) -> ArraySlice<UInt8>? {
        for field in fields where matches(field.name, name) {
            return bytes[field.value]
        }
        return nil
    }

    /// All values of a field, in order.
    public func all(_ name: StaticString) -> [ArraySlice<UInt8>] {
        fields.filter { matches($0.name, name) }.map { bytes[$0.value] }
    }

    /// The fields as text, for people and captures; bytes that are not UTF-8 are replaced.
    public var pairs: [(name: String, value: String)] {
        fields.map {
            (String(decoding: bytes[$0.name], as: UTF8.self), String(decoding: bytes[$0.value], as: UTF8.self))
        }
    }

    private func matches(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return bytes.withUnsafeBufferPointer { buffer in
            let offset = range.lowerBound - bytes.startIndex
            for index in 0..<wanted.count {
                // The cases of a letter differ in one bit; so do other pairs of characters.
                let difference = buffer[offset &+ index] ^ wanted[index]
                if difference == 0 { continue }
                guard difference == 0x20, (wanted[index] | 0x20) &- 0x61 < 26 else { return false }
            }
            return true
        }
    }
}

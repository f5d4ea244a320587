/// A hash or authentication code of at most 64 bytes, held in place: making, decoding and comparing one allocates nothing.
public struct Digest: Equatable, Sendable {
    /// The length of the longest digest (SHA-512).
    static let capacity = 64

    /// The digest's length in bytes.
    public private(set) var count: Int
    private var storage: InlineArray<64, UInt8>

    /// Fills a digest: `fill` writes at most 64 bytes and returns how many; nil when it returns nil.
    init?(filledBy fill: (inout MutableSpan<UInt8>) -> Int?) {
        var storage = InlineArray<64, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        guard let count = fill(&span) else { return nil }
        self.storage = storage
        self.count = count
    }

    /// Decodes a digest of exactly `count` bytes from hexadecimal digits of either case.
    public init?(hex text: ArraySlice<UInt8>, count: Int) {
        guard count <= Self.capacity, text.count == 2 * count else { return nil }
        self.init(filledBy: { Hex.decode(text, into: &$0) })
    }

    /// Decodes a digest of exactly `count` bytes from standard base64, padded or not.
    public init?(base64 text: ArraySlice<UInt8>, count: Int) {
        guard count <= Self.capacity, text.count <= (count + 2) / 3 * 4 else { return nil }
        self.init(filledBy: { Base64.decode(text, into: &$0) })
        if self.count != count { return nil }
    }

    /// The bytes.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(storage[index]) }
        return result
    }

    /// The bytes in lower-case hexadecimal.
    public var hex: String { String(decoding: Hex.encode(bytes[...]), as: UTF8.self) }

    /// The bytes in padded standard base64.
    public var base64: String { String(decoding: Base64.encode(bytes[...]), as: UTF8.self) }

    /// Compares in constant time: how long it takes tells nothing of where two digests differ.
    public static func == (left: Digest, right: Digest) -> Bool {
        let count = left.count
        return count == right.count
            && ConstantTime.equal(
                left.storage.span.extracting(first: count), right.storage.span.extracting(first: count))
    }
}

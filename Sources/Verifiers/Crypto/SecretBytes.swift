internal import COpenSSL

/// Bytes that must not outlive their use: the memory is overwritten when the last reference goes.
///
/// Whoever copies them out, with `copy` or by hand, answers for the copy.
public final class SecretBytes: Sendable {
    /// The address as a number: a pointer would not be `Sendable`, and nothing changes the bytes after `init`.
    private let address: UInt
    /// The length in bytes.
    public let count: Int

    /// Takes over the bytes of an array and overwrites them there, if no one else holds the array.
    public convenience init(_ bytes: consuming [UInt8]) {
        self.init(count: bytes.count) { buffer in buffer.copyBytes(from: bytes) }
        SecretBytes.wipe(&bytes)
    }

    /// Bytes that `fill` writes; they are zero before.
    public init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 16)
        _ = memory.initializeMemory(as: UInt8.self, repeating: 0)
        fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
        self.address = UInt(bitPattern: memory.baseAddress)
        self.count = count
    }

    deinit {
        guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else { return }
        OPENSSL_cleanse(pointer, count)
        pointer.deallocate()
    }

    /// `count` random bytes, as of a new key.
    public static func random(_ count: Int) -> SecretBytes {
        SecretBytes(count: count) { buffer in
            let done = RAND_bytes(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: count))
            precondition(done == 1, "the system has no randomness")
        }
    }

    /// The bytes, for as long as `body` runs.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }

    /// Whether the other holds the same; takes the same time wherever two of one length differ.
    public func hasSameBytes(as other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { own in
            other.withUnsafeBytes { CRYPTO_memcmp(own.baseAddress, $0.baseAddress, count) == 0 }
        }
    }

    /// A copy that is not wiped by itself.
    public var copy: [UInt8] { withUnsafeBytes { Array($0) } }

    /// Overwrites an array's bytes, in place unless something else holds the same array.
    public static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { OPENSSL_cleanse(start, buffer.count) }
        }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Dots: nothing prints the bytes by accident.
    public var description: String { "•••" }
    /// As `description`.
    public var debugDescription: String { "•••" }
    /// Empty: `dump` and string interpolation of an enclosing value read the mirror.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

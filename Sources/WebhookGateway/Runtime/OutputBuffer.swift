/// Bytes on their way out: appended at the end, written from the front, its memory reused.
struct OutputBuffer {
    /// Above this much unused memory an emptied buffer is given back. A loop turn's commands for Redis, with the raw
    /// deliveries of hundreds of connections, must fit below: a buffer that is grown anew each turn is copied each turn.
    private static let keptCapacity = 2 * 1024 * 1024

    var bytes: [UInt8] = []
    private var written = 0

    var isEmpty: Bool { bytes.count == written }
    /// How many bytes wait to be written.
    var count: Int { bytes.count - written }

    /// Writes as much as the stream takes; true when nothing is left.
    mutating func flush(to stream: ByteStream) throws(StreamError) -> Bool {
        while written < bytes.count {
            let result = bytes.withUnsafeBytes { stream.write(UnsafeRawBufferPointer(rebasing: $0[written...])) }
            switch result {
            case .bytes(let count): written += count
            case .wouldBlock:
                compact()
                return false
            case .failed(let error): throw error
            }
        }
        removeAll()
        return true
    }

    mutating func removeAll() {
        written = 0
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
    }

    /// Moves what is left to the front once the written part is the larger one.
    private mutating func compact() {
        guard written > 64 * 1024, written > bytes.count / 2 else { return }
        bytes.removeSubrange(0..<written)
        written = 0
    }
}

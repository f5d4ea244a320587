/// One event in the spool, as it was decided on arrival: nothing is verified or mapped again when it is drained.
struct SpoolRecord {
    var source: String
    var queues: [String]
    var dedupeWindowSeconds: Int
    var event: NewEvent

    init(source: String, queues: [String], dedupeWindowSeconds: Int, event: NewEvent) {
        self.source = source
        self.queues = queues
        self.dedupeWindowSeconds = dedupeWindowSeconds
        self.event = event
    }

    // The payload, integers little-endian, a text being its length (4 bytes) and its UTF-8:
    // flags (1; bit 0: quarantined) · id (8 + 8) · dedupe window in seconds (8) · number of queues (2) · source ·
    // idempotency key · type · each queue · event JSON · metadata line · the raw body, to the end.

    func append(to output: inout [UInt8]) {
        output.append(event.isQuarantined ? 1 : 0)
        output.append(littleEndian: event.id.high)
        output.append(littleEndian: event.id.low)
        output.append(littleEndian: Int64(dedupeWindowSeconds))
        output.append(littleEndian: UInt16(queues.count))
        output.append(sized: source.utf8)
        output.append(sized: event.key.utf8)
        output.append(sized: event.type.utf8)
        for queue in queues { output.append(sized: queue.utf8) }
        output.append(sized: event.json)
        output.append(sized: event.metadata)
        output.append(contentsOf: event.body)
    }

    /// How many bytes `append` adds.
    var size: Int {
        27 + 20 + source.utf8.count + event.key.utf8.count + event.type.utf8.count
            + queues.reduce(0) { $0 + 4 + $1.utf8.count } + event.json.count + event.metadata.count + event.body.count
    }

    /// Reads a payload; nil when it is not one.
    init?(_ payload: ArraySlice<UInt8>) {
        var rest = payload
        guard let flags: UInt8 = rest.takeInteger(), flags <= 1,
            let high: UInt64 = rest.takeInteger(), let low: UInt64 = rest.takeInteger(),
            let window: Int64 = rest.takeInteger(), let count: UInt16 = rest.takeInteger(),
            let source = rest.takeText(), let key = rest.takeText(), let type = rest.takeText()
        else { return nil }
        var queues: [String] = []
        for _ in 0..<count {
            guard let queue = rest.takeText() else { return nil }
            queues.append(queue)
        }
        guard let json = rest.takeSized(), let metadata = rest.takeSized() else { return nil }
        self.source = source
        self.queues = queues
        dedupeWindowSeconds = Int(window)
        event = NewEvent(
            id: ULID(high: high, low: low), type: type, key: key, json: Array(json), metadata: Array(metadata),
            body: Array(rest)[...], isQuarantined: flags == 1)
    }
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(sized bytes: some Collection<UInt8>) {
        append(littleEndian: UInt32(bytes.count))
        append(contentsOf: bytes)
    }
}

extension ArraySlice<UInt8> {
    /// Takes a little-endian integer from the front; nil when there are too few bytes.
    mutating func takeInteger<Value: FixedWidthInteger>() -> Value? {
        let size = MemoryLayout<Value>.size
        guard count >= size else { return nil }
        defer { self = dropFirst(size) }
        return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    }

    fileprivate mutating func takeSized() -> ArraySlice<UInt8>? {
        guard let size: UInt32 = takeInteger(), count >= Int(size) else { return nil }
        defer { self = dropFirst(Int(size)) }
        return prefix(Int(size))
    }

    fileprivate mutating func takeText() -> String? {
        takeSized().flatMap { String(validating: $0, as: UTF8.self) }
    }
}

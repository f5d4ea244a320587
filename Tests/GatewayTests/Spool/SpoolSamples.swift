@testable import WebhookGateway

extension SpoolRecord {
    /// Records of many sizes, quarantined and not, to one queue and to several.
    static func samples(_ count: Int) -> [SpoolRecord] {
        (0..<count).map { number in
            SpoolRecord(
                source: number % 3 == 0 ? "stripe" : "shop-\(number % 3)",
                queues: number % 2 == 0 ? ["events"] : ["events", "billing"], dedupeWindowSeconds: 600 + number,
                event: .sample(number))
        }
    }

    /// Everything that draining uses, as text.
    var fingerprint: String {
        "\(source) \(queues) \(dedupeWindowSeconds) \(event.id) \(event.type) \(event.key) \(event.isQuarantined) "
            + "\(event.json) \(event.metadata) \(Array(event.body))"
    }
}

extension NewEvent {
    static func sample(_ number: Int, key: String? = nil) -> NewEvent {
        let id = ULID(high: UInt64(1_795_250_460_000 + number) << 16, low: UInt64.random(in: .min ... .max))
        return NewEvent(
            id: id, type: "payment.succeeded", key: key ?? "evt_\(number)",
            json: Array(
                #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/shop","type":"payment.succeeded"}"#.utf8),
            metadata: Array(#"{"source":"shop","n":\#(number)}"#.utf8),
            body: Array(String(repeating: "b\(number)", count: number * 7 % 50).utf8)[...],
            isQuarantined: number % 5 == 4)
    }

    func with(body: [UInt8]) -> NewEvent {
        NewEvent(
            id: id, type: type, key: key, json: Array(json), metadata: Array(metadata), body: body[...],
            isQuarantined: isQuarantined)
    }
}

extension SpoolFormat {
    /// A whole segment.
    func segment(_ records: [SpoolRecord]) -> [UInt8] {
        var bytes: [UInt8] = []
        appendSegmentHeader(to: &bytes)
        for record in records { append(record, to: &bytes) }
        return bytes
    }
}

extension SpoolReader {
    /// Reads a whole file that comes in pieces of `stride` bytes.
    static func read(_ bytes: [UInt8], stride: Int = .max) -> (records: [SpoolRecord], damagedBytes: Int) {
        var reader = SpoolReader()
        var records: [SpoolRecord] = []
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + min(stride, bytes.count))
            bytes[offset..<end].withUnsafeBytes { reader.feed($0) }
            offset = end
            while let record = reader.next() { records.append(record) }
        }
        return (records, reader.damagedBytes)
    }
}

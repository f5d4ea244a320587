@testable import WebhookGateway

/// The spool's journal from arbitrary bytes: whole and in pieces it must be read alike; what is written must come back;
/// and whatever is done to a journal, nothing comes out of it that was not put in.
enum SpoolReaderTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        guard input.count > 4 else { return }
        let bytes = Array(input[4...])
        let stride = Int(input[0]) + 1
        let whole = read(bytes, stride: bytes.count)
        precondition(whole == read(bytes, stride: stride), "the result depends on where the bytes are split")

        // A record made of the input, in a journal that is cut and changed where the input says.
        let format = SpoolFormat(nonce: 0x5EED)
        let records = [record(bytes, 1), record(bytes.reversed(), 2)]
        var journal: [UInt8] = []
        format.appendSegmentHeader(to: &journal)
        for record in records { format.append(record, to: &journal) }
        let texts = records.map { fingerprint($0) }
        precondition(read(journal, stride: stride) == texts, "what was written is not read again")
        let place = (Int(input[1]) << 8 | Int(input[2])) % journal.count
        if input[3] == 0 {
            journal.removeSubrange(place...)
        } else {
            journal[place] ^= input[3]
        }
        var expected = texts[...]
        for text in read(journal, stride: stride) {
            guard let found = expected.firstIndex(of: text) else {
                preconditionFailure("a record came out that was not put in")
            }
            expected = expected[(found + 1)...]
        }
    }
}

private func record(_ bytes: [UInt8], _ number: UInt64) -> SpoolRecord {
    let half = bytes.count / 2
    return SpoolRecord(
        source: "source", queues: bytes.first.map { $0 % 2 == 0 ? ["events"] : [] } ?? [], dedupeWindowSeconds: half,
        event: NewEvent(
            id: ULID(high: number, low: UInt64(half)), type: "a.b",
            key: String(decoding: bytes[..<half], as: UTF8.self),
            json: Array(bytes[half...]), metadata: Array(bytes[..<half]), body: bytes[...], isQuarantined: half % 2 == 0
        ))
}

private func read(_ bytes: [UInt8], stride: Int) -> [String] {
    var reader = SpoolReader()
    var found: [String] = []
    var offset = 0
    while offset < bytes.count {
        let end = min(bytes.count, offset + max(1, stride))
        bytes[offset..<end].withUnsafeBytes { reader.feed($0) }
        offset = end
        while let record = reader.next() { found.append(fingerprint(record)) }
    }
    return found
}

private func fingerprint(_ record: SpoolRecord) -> String {
    let event = record.event
    return "\(record.source) \(record.queues) \(record.dedupeWindowSeconds) \(event.id) \(event.type) \(event.key) "
        + "\(event.json) \(event.metadata) \(Array(event.body)) \(event.isQuarantined)"
}

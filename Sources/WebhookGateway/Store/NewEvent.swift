/// One event on its way into the store.
struct NewEvent {
    var id: ULID
    /// The canonical type.
    var type: String
    /// The idempotency key.
    var key: String
    /// As it is archived (`EventRecord`): a line of metadata, a line of JSON, the raw body. One array, which the store
    /// copies once and the spool keeps as it is.
    let record: [UInt8]
    /// Where in the record the line of metadata and that of JSON end.
    private let metadataEnd: Int
    private let jsonEnd: Int
    var isQuarantined = false
    /// Which of its source's tenants with a limit it belongs to, from 1 (`SourceKeys.limits`); 0: none.
    var limit = 0

    /// Takes a record that is put together; both ends are places of line breaks.
    init(
        id: ULID, type: String, key: String, record: [UInt8], metadataEnd: Int, jsonEnd: Int,
        isQuarantined: Bool = false, limit: Int = 0
    ) {
        precondition(metadataEnd < jsonEnd && jsonEnd < record.count, "a record has two lines")
        self.id = id
        self.type = type
        self.key = key
        self.record = record
        self.metadataEnd = metadataEnd
        self.jsonEnd = jsonEnd
        self.isQuarantined = isQuarantined
        self.limit = limit
    }

    init(
        id: ULID, type: String, key: String, json: [UInt8], metadata: [UInt8], body: ArraySlice<UInt8>,
        isQuarantined: Bool = false
    ) {
        let line: UInt8 = 10
        self.init(
            id: id, type: type, key: key, record: metadata + [line] + json + [line] + body,
            metadataEnd: metadata.count, jsonEnd: metadata.count + 1 + json.count, isQuarantined: isQuarantined)
    }

    /// The record's first line.
    var metadata: ArraySlice<UInt8> { record[..<metadataEnd] }
    /// The CloudEvent, or the dead list's entry of a quarantined delivery.
    var json: ArraySlice<UInt8> { record[(metadataEnd + 1)..<jsonEnd] }
    /// The raw body as received.
    var body: ArraySlice<UInt8> { record[(jsonEnd + 1)...] }
}

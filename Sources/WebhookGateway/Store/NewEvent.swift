/// One event on its way into the store.
struct NewEvent {
    var id: ULID
    /// The canonical type.
    var type: String
    /// The idempotency key.
    var key: String
    /// The CloudEvent, or the dead list's entry of a quarantined delivery.
    var json: [UInt8]
    /// The record's first line (`EventRecord`).
    var metadata: [UInt8]
    /// The raw body as received.
    var body: ArraySlice<UInt8>
    var isQuarantined = false
}

import Verifiers

/// An event as a row of a table: the columns that all warehouses get, or those of the operator's own rules.
@ControlPlane
struct WarehouseRow {
    /// How the column `payload` holds the event.
    enum Payload: Sendable {
        /// JSON within JSON.
        case object
        /// JSON as a text.
        case text
    }

    static nonisolated let card: [DestinationCard.Setting] = [
        .init(
            name: "payload", defaultValue: "true",
            description: "whether the column payload gets the whole event as JSON"),
        .init(
            name: "mapping", defaultValue: "null",
            description: "rules of your own for the columns, in the language of docs/mappings.md"),
    ]

    /// What is in a row beside `payload`; money as minor units and as a decimal text, never as a floating-point number.
    private nonisolated static let rules = #"""
        [
          {
            match: "*", root: "data",
            fields: {
              event_id: "$.id",
              type: "$.type",
              occurred_at: "$.time",
              tenant: "$.tenant",
              source: { from: "$.source", transforms: [{ split: "/", at: -1 }] },
              customer_id: "customer.id",
              order_id: "order.id",
              amount_minor: "amount.minor",
              currency: "amount.currency",
              amount: "amount.decimal",
            },
          },
        ]
        """#

    /// The columns of the bundled rules; empty where the operator has rules of his own.
    nonisolated let columns: [String]
    private let mapping: DestinationMapping
    private let payload: Payload
    private let hasPayload: Bool

    nonisolated init(_ configuration: DestinationConfiguration, payload: Payload) throws(InvalidDestination) {
        mapping = try DestinationMapping(bundled: Self.rules, configuration)
        self.payload = payload
        hasPayload = try DestinationSettings(configuration).boolean("payload", default: true)
        let isBundled = configuration.settings["mapping"].map { $0 == .null } ?? true
        columns =
            isBundled
            ? [
                "event_id", "type", "occurred_at", "tenant", "source", "customer_id", "order_id", "amount_minor",
                "currency", "amount",
            ] + (hasPayload ? ["payload"] : []) : []
    }

    /// The row as a JSON object; columns without a value are left out.
    ///
    /// - Parameter isKeyed: whether rows are told apart by a column that rules fill from `$.id`: a forced replay's differs.
    func json(_ event: Event, isKeyed: Bool = false) throws(RefusedEvent) -> [UInt8] {
        // A warehouse keeps what happened: a sale is not given another type.
        var row = JSONObject(extending: try mapping.map(CommerceEvent(isKeyed ? event.keyed : event, .none)).properties)
        guard hasPayload else { return row.json }
        switch payload {
        case .object: row.add("payload", json: event.json)
        case .text: row.add("payload", String(decoding: event.json, as: UTF8.self))
        }
        return row.json
    }

    /// What a check says of the columns that a table lacks; nil when it has all.
    func warning(of names: Set<String>) -> String? {
        let missing = columns.filter { !names.contains($0) }
        return missing.isEmpty ? nil : "the table lacks the columns \(missing.joined(separator: ", "))"
    }
}

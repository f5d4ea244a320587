/// What the settings of analytics destinations have in common: which events are sales, and how events are mapped.
struct CommerceSettings: Sendable {
    /// Which events are sales.
    static let typesCard: [DestinationCard.Setting] = [
        .init(
            name: "purchaseTypes", defaultValue: #"["payment.succeeded"]"#,
            description: "event types that are sent as the sale"),
        .init(
            name: "refundTypes", defaultValue: #"["refund.created"]"#,
            description: "event types that are sent as the refund"),
    ]

    static let card =
        typesCard + [
            .init(
                name: "mapping", defaultValue: "null",
                description: "rules of your own for names and properties, in the language of docs/mappings.md")
        ]

    var purchaseTypes: Set<String> = ["payment.succeeded"]
    var refundTypes: Set<String> = ["refund.created"]

    init() {}

    /// No event is a sale or a refund: all keep their types.
    static let none = {
        var settings = CommerceSettings()
        settings.purchaseTypes = []
        settings.refundTypes = []
        return settings
    }()

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        let settings = DestinationSettings(configuration)
        purchaseTypes = Set(try settings.texts("purchaseTypes", default: Array(purchaseTypes)))
        refundTypes = Set(try settings.texts("refundTypes", default: Array(refundTypes)))
    }
}

/// What `settings` says for Google Analytics.
struct GoogleAnalyticsSettings: Sendable {
    enum Region: String, CaseIterable, Sendable {
        case us, eu

        var address: String {
            switch self {
            case .us: "https://www.google-analytics.com"
            case .eu: "https://region1.google-analytics.com"
            }
        }
    }

    /// What `transaction_id` is taken from first.
    enum TransactionID: String, CaseIterable, Sendable {
        case order, payment
    }

    static let card =
        [
            .init(
                name: "region", defaultValue: #""us""#,
                description: "us, or eu for collection within the European Union")
        ] + CommerceSettings.card + [
            .init(
                name: "transactionId", defaultValue: #""order""#,
                description: "order: transaction_id is the order's id, else the payment's; payment: the other way round"
            ),
            AfterUnknownOutcome.card,
            .init(name: "debugMode", defaultValue: "false", description: "show the events in GA4's DebugView"),
        ]

    var region = Region.us
    var commerce = CommerceSettings()
    var transactionID = TransactionID.order
    var afterUnknownOutcome = AfterUnknownOutcome.retry
    var debugMode = false
    let mapping: DestinationMapping

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        let settings = DestinationSettings(configuration)
        region = try settings.choice("region", default: region)
        commerce = try CommerceSettings(configuration)
        transactionID = try settings.choice("transactionId", default: transactionID)
        afterUnknownOutcome = try AfterUnknownOutcome(configuration)
        debugMode = try settings.boolean("debugMode", default: debugMode)
        mapping = try DestinationMapping(bundled: GoogleAnalyticsMapping.rules, configuration)
    }
}

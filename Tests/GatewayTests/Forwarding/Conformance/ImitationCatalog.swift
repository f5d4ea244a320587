@testable import WebhookGateway

/// Every imitation there is; a destination without one fails the conformance suite.
enum ImitationCatalog {
    static let all: [any APIImitation] = [
        WebhookImitation(), GoogleAnalyticsImitation(), MixpanelImitation(), SegmentImitation(),
        RudderStackImitation(), MetaConversionsImitation(), AmplitudeImitation(), PostHogImitation(),
        HubSpotImitation(),
        SalesforceImitation(), BigQueryImitation(), SnowflakeImitation(), ClickHouseImitation(),
        SendGridImitation(), MailgunImitation(), ResendImitation(),
    ]

    /// They speak to no API.
    static let exempt: Set<String> = ["console", "file"]

    static func imitation(of type: String) -> (any APIImitation)? { all.first { $0.type == type } }
}

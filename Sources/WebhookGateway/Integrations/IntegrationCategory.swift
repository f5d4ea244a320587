/// What a provider or a destination type is about, for the gallery that integrations are chosen from.
enum IntegrationCategory: String, CaseIterable, Sendable {
    case payment
    case email = "e-mail"
    case crm = "CRM"
    case analytics
    case social
    case warehouse
    case pos = "POS"
    case commerce
    case developer

    /// Of a provider; those that are not known, a user's own among them, are `developer`.
    static func of(provider: String) -> IntegrationCategory {
        switch provider {
        case "stripe", "quickbooks": .payment
        case "square", "pancake": .pos
        case "mailchimp", "mandrill", "sendgrid", "mailgun", "resend": .email
        case "hubspot", "hubspot-v1", "hubspot-v2", "salesforce": .crm
        case "meta", "x", "linkedin": .social
        case "shopify": .commerce
        default: .developer
        }
    }

    /// Of a destination type.
    static func of(destination type: String) -> IntegrationCategory {
        switch type {
        case "google-analytics", "mixpanel", "segment", "rudderstack", "amplitude", "posthog": .analytics
        case "meta-conversions": .social
        case "hubspot", "salesforce": .crm
        case "bigquery", "snowflake", "clickhouse": .warehouse
        case "sendgrid", "mailgun", "resend": .email
        default: .developer
        }
    }
}

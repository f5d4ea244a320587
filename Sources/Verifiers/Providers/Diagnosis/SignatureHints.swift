/// Hints from the looks of a header alone, common to the providers that sign.
enum SignatureHints {
    /// Header fields by which a delivery's true sender is known.
    private static let known: [(header: StaticString, sender: String)] = [
        ("stripe-signature", "Stripe"),
        ("x-square-hmacsha256-signature", "Square"),
        ("intuit-signature", "QuickBooks"),
        ("x-mandrill-signature", "Mailchimp Transactional"),
        ("webhook-signature", "a Standard Webhooks sender"),
        ("svix-signature", "a Svix sender"),
        ("x-shopify-hmac-sha256", "Shopify"),
        ("x-hub-signature-256", "GitHub or Meta"),
        ("x-hubspot-signature-v3", "HubSpot"),
        ("paypal-transmission-sig", "PayPal"),
        ("x-twilio-email-event-webhook-signature", "SendGrid"),
        ("x-twilio-signature", "Twilio"),
        ("x-slack-signature", "Slack"),
        ("x-wc-webhook-signature", "WooCommerce"),
        ("paddle-signature", "Paddle"),
        ("x-square-signature", "Square (its deprecated signature only)"),
    ]

    /// Why the expected header may be missing.
    static func missing(_ expected: String, in delivery: Delivery) -> String {
        let isEmpty = delivery.headers.pairs.contains { $0.name.lowercased() == expected.lowercased() }
        if isEmpty { return "the header \(expected) is there but empty" }
        for candidate in known where delivery.headers.first(candidate.header) != nil {
            return "the header \(expected) is missing, but \(candidate.header) is there: "
                + "this looks like a delivery from \(candidate.sender)"
        }
        return "the header \(expected) is missing: the request does not come from the provider, "
            + "or a proxy removes unknown headers"
    }

    /// What is wrong with a signature that should be base64 of 32 bytes.
    static func notBase64(_ value: ArraySlice<UInt8>) -> String {
        if Digest(hex: value, count: 32) != nil {
            return "the signature is hex where base64 is expected"
        }
        if Base64.decode(value, alphabet: .urlSafe)?.count == 32 {
            return "the signature is URL-safe base64 where standard base64 is expected"
        }
        return "the signature is not base64 of 32 bytes" + looks(value)
    }

    /// What is wrong with a signature that should be hex of 32 bytes.
    static func notHex(_ value: ArraySlice<UInt8>) -> String {
        if Digest(base64: value, count: 32) != nil || Base64.decode(value, alphabet: .urlSafe)?.count == 32 {
            return "the signature is base64 where hex is expected"
        }
        return "the signature is not 64 hex digits" + looks(value)
    }

    private static func looks(_ value: ArraySlice<UInt8>) -> String {
        if value.starts(with: "sha256=".utf8) {
            return ": it has the prefix 'sha256=', which this provider does not use"
        }
        let length = Hex.decode(value)?.count ?? Base64.decode(value)?.count
        switch length {
        case 20: return ": it has the 20 bytes of HMAC-SHA1, a deprecated scheme"
        case 64: return ": it has the 64 bytes of HMAC-SHA512"
        case let length?: return ": it decodes to \(length) bytes, so it was cut or changed"
        case nil: return ": it has \(value.count) characters, some from another alphabet"
        }
    }
}

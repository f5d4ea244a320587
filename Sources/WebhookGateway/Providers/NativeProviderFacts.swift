/// What people are told of the providers written in Swift, which have no definition to tell it from.
///
/// They are written in Swift because their deliveries are most of what gateways receive: their verifiers and splitters
/// read no field twice and allocate next to nothing. QuickBooks sends two shapes of body in one subscription, and
/// Mailchimp's keys are made of a form's decoded fields, which the definition language does not express.
struct NativeProviderFacts {
    var name: String
    var title: String
    var documentation: String
    var setup: [String]
    var facts: [(name: String, text: String)]
    var proof: ProviderCard.ProofLine
    var keys: [(name: String, value: String)]
    var handshakes: [String] = []

    /// One for each provider of `ProviderCatalog`.
    static var all: [NativeProviderFacts] { [stripe, square, quickBooks, mailchimp] }

    static var stripe: NativeProviderFacts {
        NativeProviderFacts(
            name: "stripe", title: "Stripe", documentation: "https://docs.stripe.com/webhooks",
            setup: [
                "In the Dashboard, under Developers, Webhooks, choose Add destination, the events, and "
                    + "`https://HOST/webhooks/SOURCE`.",
                "Copy the endpoint's signing secret, `whsec_…`, whole, into `secrets`. Each endpoint has its own; test and "
                    + "live mode differ, and `stripe listen` prints its own.",
                "While a secret is rolled Stripe signs with both: nothing needs to be done, or list both.",
            ],
            facts: [
                ("answer", "any 2xx"), ("order", "not guaranteed"),
                ("retries", "up to 3 days in live mode, ever less often, each signed anew"),
            ],
            proof: .init(
                label: "", kind: "HMAC-SHA256", place: "header `Stripe-Signature`, hex, under `v1`",
                signed: "{timestamp}.{body}", tolerance: "toleranceSeconds"),
            keys: [("secrets", "[\"env:STRIPE_WEBHOOK_SECRET\"]")])
    }

    static var square: NativeProviderFacts {
        NativeProviderFacts(
            name: "square", title: "Square",
            documentation: "https://developer.squareup.com/docs/webhooks/overview",
            setup: [
                "In the Developer Console, open the application, Webhooks, Subscriptions, and choose Add subscription: the "
                    + "events and `https://HOST/webhooks/SOURCE`.",
                "Copy the subscription's Signature Key into `secrets` and the URL, exactly as entered, into `notificationURL`.",
            ],
            facts: [
                ("answer", "any 2xx within 10 s"), ("order", "not guaranteed"),
                ("retries", "24 hours, ever less often"),
            ],
            proof: .init(
                label: "", kind: "HMAC-SHA256", place: "header `x-square-hmacsha256-signature`, base64",
                signed: "{url}{body}", tolerance: "no timestamp"),
            keys: [
                ("secrets", "[\"env:SQUARE_SIGNATURE_KEY\"]"),
                ("notificationURL", "\"https://hooks.example.com/webhooks/square\""),
            ])
    }

    static var quickBooks: NativeProviderFacts {
        NativeProviderFacts(
            name: "quickbooks", title: "QuickBooks Online",
            documentation: "https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks",
            setup: [
                "In the Intuit Developer portal, open the app, Webhooks (Production or Development), enter "
                    + "`https://HOST/webhooks/SOURCE` and tick the entities.",
                "Choose Show verifier token and copy it into `secrets`. It is not the OAuth client secret.",
                "Map companies to tenants by realm id under `tenants`.",
            ],
            facts: [
                ("answer", "200 within 3 s"), ("order", "kept: one delivery that fails holds up all that follow"),
                ("retries", "10 s to 6 h apart, without a stated end"),
                ("body", "legacy and CloudEvents shape, told apart by the root"),
            ],
            proof: .init(
                label: "", kind: "HMAC-SHA256", place: "header `intuit-signature`, base64", signed: "{body}",
                tolerance: "no timestamp"),
            keys: [("secrets", "[\"env:QBO_VERIFIER_TOKEN\"]"), ("tenants", "{ \"9130350\": \"acme\" }")])
    }

    static var mailchimp: NativeProviderFacts {
        NativeProviderFacts(
            name: "mailchimp", title: "Mailchimp",
            documentation: "https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/",
            setup: [
                "In the audience's Settings, Webhooks, choose Create new webhook and enter "
                    + "`https://HOST/webhooks/SOURCE?secret=SECRET`, SECRET a long random text, the same in `secrets`.",
                "Do not tick updates made via the API if your own program makes them: they would come back.",
                "Mailchimp publishes no list of its addresses; `allowedAddresses` is for those that you know.",
            ],
            facts: [
                ("answer", "any 2xx within 10 s; 410 disables the webhook at once"), ("retries", "75 minutes"),
                ("order", "not guaranteed"),
            ],
            proof: .init(
                label: "", kind: "secret in the URL", place: "query parameter `secret`, or the rest of the path",
                signed: "nothing", tolerance: "no timestamp"),
            keys: [("secrets", "[\"env:MAILCHIMP_URL_SECRET\"]")],
            handshakes: ["GET or HEAD when the webhook is made: answered 200"])
    }
}

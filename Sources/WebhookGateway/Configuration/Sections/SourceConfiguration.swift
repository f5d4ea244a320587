import Verifiers

/// One entry of `sources`: an endpoint `/webhooks/<name>` and how its deliveries are proved, mapped and queued.
struct SourceConfiguration: NamedSection {
    var name: String
    /// Whose deliveries these are (`ProviderLibrary`).
    var provider = ""
    /// What that name stands for; nil until the configuration has been checked, or when there is no such provider.
    var kind: ProviderKind?
    /// Parts of the provider's definition that this source has otherwise.
    var definition: [String: JSONValue] = [:]
    /// Several during rotation: any one may match.
    var secrets: [Secret] = []
    /// How old a signed timestamp may be; 0: not checked.
    var toleranceSeconds = 300
    /// The URL as registered at the provider, byte for byte.
    var notificationURL: String?
    /// Absent: not checked; empty: nothing is allowed.
    var allowedAddresses: [CIDRBlock]?
    /// The query parameter that carries a URL secret.
    var secretParameter = "secret"
    /// What a provider sends back to prove that it was told of this endpoint.
    var verifyToken: Secret?
    /// Whether deliveries that prove nothing are accepted.
    var allowUnauthenticated = false
    /// The provider's account that the deliveries are of (a shop's number); what tells two sources of a tenant apart.
    var account: String?
    var tenant = "default"
    /// The provider's account (QuickBooks realm, Square merchant) to tenant.
    var tenants: [String: String] = [:]
    var queues = ["events"]
    /// A mapping's name; by default the provider's.
    var mapping = ""
    var enabled = true
    var ordered = false
    /// By default `listen.maxBodyBytes`.
    var maxBodyBytes: Int
    /// Authentic deliveries only.
    var rateLimit: RateLimitConfiguration?
    /// By default `dedupe.windowSeconds`.
    var dedupeWindowSeconds: Int

    init(
        name: String, maxBodyBytes: Int = ListenConfiguration().maxBodyBytes,
        dedupeWindowSeconds: Int = DedupeConfiguration().windowSeconds
    ) {
        self.name = name
        self.maxBodyBytes = maxBodyBytes
        self.dedupeWindowSeconds = dedupeWindowSeconds
    }

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.requiredText(
            "provider", &provider,
            remedy: "set it to one of: \(ProviderCatalog.names.joined(separator: ", "))")
        keys.secrets("secrets", &secrets)
        keys.integer("toleranceSeconds", &toleranceSeconds, in: 0...604_800)
        keys.optionalText("notificationURL", &notificationURL, .httpURL)
        keys.optionalNetworks("allowedAddresses", &allowedAddresses)
        keys.text("secretParameter", &secretParameter, .name)
        keys.optionalSecret("verifyToken", &verifyToken)
        keys.boolean("allowUnauthenticated", &allowUnauthenticated)
        keys.free("definition", &definition)
        keys.optionalText("account", &account, .notEmpty)
        keys.text("tenant", &tenant, .name)
        keys.textMap("tenants", &tenants, .name)
        keys.texts("queues", &queues, .name)
        if mapping.isEmpty { mapping = provider }
        keys.text("mapping", &mapping, .notEmpty)
        keys.boolean("enabled", &enabled)
        keys.boolean("ordered", &ordered)
        keys.integer("maxBodyBytes", &maxBodyBytes, in: 1...1_073_741_824)
        keys.optionalSection("rateLimit", &rateLimit)
        keys.integer("dedupeWindowSeconds", &dedupeWindowSeconds, in: 1...315_360_000)
    }

    /// What the provider is made from.
    var providerSettings: ProviderSettings {
        ProviderSettings(
            secrets: secrets.map(\.bytes), toleranceSeconds: Int64(toleranceSeconds), notificationURL: notificationURL,
            allowedAddresses: allowedAddresses, secretParameter: secretParameter, verifyToken: verifyToken?.bytes,
            allowUnauthenticated: allowUnauthenticated)
    }

    /// What the provider's name stands for; nil when there is no such provider.
    var providerKind: ProviderKind? {
        kind ?? ProviderCatalog.named(provider).map { .native($0) }
    }

    /// A provider with this source's settings, for the calling thread.
    func makeProvider() throws(InvalidSettings) -> any Provider {
        guard let kind = providerKind else {
            throw InvalidSettings(key: "provider", reason: "there is no provider \(provider)")
        }
        return try kind.provider(providerSettings)
    }
}

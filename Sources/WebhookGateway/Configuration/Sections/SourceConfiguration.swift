import Verifiers

/// One entry of `sources`: an endpoint `/webhooks/<name>` and how its deliveries are proved, mapped and queued.
struct SourceConfiguration: NamedSection {
    var name: String
    /// Whose deliveries these are (`ProviderCatalog`).
    var provider = ""
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
            remedy: "set it to one of: \(ProviderCatalog.all.map { $0.name }.joined(separator: ", "))")
        keys.secrets("secrets", &secrets)
        keys.integer("toleranceSeconds", &toleranceSeconds, in: 0...604_800)
        keys.optionalText("notificationURL", &notificationURL, .httpURL)
        keys.optionalNetworks("allowedAddresses", &allowedAddresses)
        keys.text("secretParameter", &secretParameter, .name)
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
            allowedAddresses: allowedAddresses, secretParameter: secretParameter)
    }
}

/// How many new events a minute a tenant may have, as the accept script enforces it.
///
/// It is a token bucket of a minute's events (the generic cell rate algorithm) that all processes share in Redis: kept is
/// the moment, in µs of Redis' clock, at which the bucket would be full again, so a limit that changes needs no care.
struct TenantLimit: Sendable, Equatable {
    let tenant: String
    let perMinute: Int
    /// Whether events past the limit are held back instead of refused.
    let holds: Bool
    let maxHeld: Int
    /// `rate` and `held` of the tenant.
    let keys: [String]

    /// Nil for a tenant without a limit.
    init?(_ tenant: String, _ limits: TenantLimits, keys: Keys) {
        guard limits.eventsPerMinute > 0 else { return nil }
        self.tenant = tenant
        perMinute = limits.eventsPerMinute
        holds = limits.overLimit == .queue
        maxHeld = limits.maxHeldEvents
        self.keys = [keys.tenantRate(tenant), keys.tenantHeld(tenant)]
    }

    /// The accept script's answer to a delivery of which an event was past its tenant's limit.
    struct Refusal: Equatable {
        /// When the provider may deliver it again, in seconds.
        var seconds: Int
        var tenant: String

        private static let word = "TENANTLIMIT"

        init(seconds: Int, tenant: String) {
            self.seconds = seconds
            self.tenant = tenant
        }

        /// Reads what the script says of an event: `!<seconds> <tenant>`.
        init?(answer: [UInt8]) {
            self.init(text: Self.word + " " + String(decoding: answer.dropFirst(), as: UTF8.self))
        }

        /// Reads the text of a refusal that `text` made.
        init?(text: String) {
            let words = text.split(separator: " ")
            guard words.count == 3, words[0] == Self.word, let seconds = Int(words[1]) else { return nil }
            self.init(seconds: seconds, tenant: String(words[2]))
        }

        var text: String { "\(Self.word) \(seconds) \(tenant)" }
    }
}

extension RedisFailure {
    /// What the accept script refuses on behalf of a tenant's limit, rather than a failure.
    var tenantLimit: TenantLimit.Refusal? {
        guard case .refused(let text) = self else { return nil }
        return TenantLimit.Refusal(text: text)
    }
}

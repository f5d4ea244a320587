/// The registry's description of a destination type.
struct DestinationCard: Sendable {
    struct Credential: Sendable {
        var name: String
        var isSensitive: Bool
        var isRequired: Bool
        /// Where a person finds it.
        var hint: String
        /// Whether it is what a file says, of several lines.
        var isFile = false
    }

    struct Setting: Sendable {
        var name: String
        /// The default, as JSON text; nil when there is none and the setting is required.
        var defaultValue: String?
        var description: String
    }

    /// Where a type's requests go.
    enum Address: Sendable, Equatable {
        /// It makes no requests.
        case none
        /// To the operator's `url`.
        case url
        /// To the service's own address; `baseURL` replaces it.
        case service(String)
    }

    var type: String
    var name: String
    var description: String
    var address: Address
    /// Whether a request carries one event, whatever `batch` says.
    var isSingleEvent = false
    /// Whether a tenant has at most one.
    var isOnePerTenant = false
    /// Whether its service is asked about the credentials before a managed one is kept.
    var isCheckedFirst = false
    /// How many requests the service allows by its own documentation; `rateLimit` replaces it.
    var defaultRate: LaneRules.Rate?
    var requiredCredentials: [Credential] = []
    var settings: [Setting] = []
    /// The public documentation of the API.
    var documentation: String?
}

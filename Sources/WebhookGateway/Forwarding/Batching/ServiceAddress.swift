/// The addresses of services that are reached by `baseURL` or, without it, where their region is.
enum ServiceAddress {
    /// `target` (path and query) below `baseURL`, else below the service's own address.
    static func url(
        _ configuration: DestinationConfiguration, service: String, target: String
    ) throws(InvalidDestination) -> OutboundURL {
        do throws(OutboundURL.Malformed) {
            return try OutboundURL(configuration.baseURL ?? service).appending(target)
        } catch {
            throw InvalidDestination(key: "baseURL", reason: error.description)
        }
    }

    /// The regions that most services have.
    enum Region: String, CaseIterable, Sendable {
        case us, eu
    }
}

import Verifiers

/// An event as Segment and RudderStack take it: `track`, or `identify` where it tells who a customer is.
/// https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
@ControlPlane
struct SegmentEvent {
    /// Types that say what a customer is called and reached by.
    private static let identifying: Set<String> = ["customer.created", "customer.updated"]

    private let settings: CommerceSettings
    private let mapping: DestinationMapping

    nonisolated init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        settings = try CommerceSettings(configuration)
        mapping = try DestinationMapping(bundled: CommerceMapping.rules, configuration)
    }

    /// The message in JSON.
    func json(_ event: Event, messageID: String) throws(RefusedEvent) -> [UInt8] {
        let commerce = CommerceEvent(event, settings)
        let mapped = try mapping.map(commerce)
        var message = JSONObject()
        var traits = JSONObject()
        traits.add("email", commerce.email)
        traits.add("name", commerce.customerName)
        traits.add("phone", commerce.phone)
        var context = JSONObject()
        context.add("library", json: #"{"name":"webhook-gateway"}"#.utf8)
        if let customer = commerce.identity {
            message.add("userId", customer)
        } else {
            message.add("anonymousId", event.id)
        }
        if Self.identifying.contains(event.type), !mapped.isNamed {
            message.add("type", "identify")
            message.add("traits", traits)
        } else {
            message.add("type", "track")
            message.add("event", EventName.titleCase(mapped.type))
            message.add("properties", json: mapped.properties)
            if !traits.isEmpty { context.add("traits", traits) }
        }
        message.add("messageId", messageID)
        message.add("timestamp", commerce.time)
        message.add("context", context)
        return message.json
    }
}

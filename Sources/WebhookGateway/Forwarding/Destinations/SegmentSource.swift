import Verifiers

/// A source that takes Segment's batches, at Segment or at RudderStack: whose key it is, and how requests are written.
@ControlPlane
struct SegmentSource {
    let secrets: [Secret]
    private let event: SegmentEvent
    private let url: OutboundURL
    private let authorization: BasicAuthorization

    init(_ configuration: DestinationConfiguration, url: OutboundURL) throws(InvalidDestination) {
        event = try SegmentEvent(configuration)
        self.url = url
        let key = configuration.credentials["writeKey"]
        authorization = BasicAuthorization(user: key?.text ?? "")
        secrets = [key].compactMap { $0 } + [authorization.secret]
    }

    /// The event as a message of a batch.
    func message(_ event: Event, id: String) throws(RefusedEvent) -> [UInt8] {
        try self.event.json(event, messageID: id)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("batch", json: entries.jsonList)
        return OutboundRequest(
            .post, url,
            headers: [("Content-Type", "application/json"), ("Authorization", authorization.value)], body: body.json)
    }
}

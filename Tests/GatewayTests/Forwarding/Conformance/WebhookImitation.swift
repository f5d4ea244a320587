import Verifiers

@testable import WebhookGateway

/// A receiver of Standard Webhooks.
struct WebhookImitation: APIImitation {
    let type = "webhook"
    private let secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.url = Secret(literal: "\(server)/in")
        configuration.credentials["secret"] = Secret(literal: "whsec_\(secret)")
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/in")
        try request.require(header: "Content-Type", "application/cloudevents+json; charset=utf-8")
        let event = try request.json()
        let id = try event.string("id")
        // In a forced replay the key is another one, and the event's id stays.
        let key = request.headers["webhook-id"] ?? ""
        guard key.isDeduplicationKey(of: id) else { throw Violation("webhook-id is \(key) for the event \(id)") }
        guard let hmac = Base64.decode(Array(secret.utf8)[...]).flatMap({ HMACKey($0) }) else {
            throw Violation("the imitation's secret is wrong")
        }
        let signed = "\(key).\(request.headers["webhook-timestamp"] ?? "").\(request.text)"
        try request.require(header: "webhook-signature", "v1,\(hmac.code(of: Array(signed.utf8)[...]).base64)")
        return .events([ReceivedEvent(key: key, isSpoilt: event.text.contains(ConformanceEvents.mark))])
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer(204)] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [.answer(422, body: "refused by the imitation")]
    }

    func expectation(_ situation: Situation) -> Expectation {
        switch situation {
        case .refusal: .innocentDelivered(.dataError, words: "422")
        // Any answer with a good status will do: the specification asks for nothing else.
        case .hugeWebPage, .invalidJSON: .delivered
        default: usual(situation)
        }
    }
}

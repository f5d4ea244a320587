import Testing
import Verifiers

@testable import WebhookGateway

extension Event {
    /// An event as it lies on the queue; `data` and `time` as given.
    static func sample(
        id: String = "01JB2QK9Z8X4YV7WTN3M5R6P1D", type: String = "payment.succeeded", subject: String? = "pi_1",
        tenant: String = "default", time: String = "2026-11-21T08:41:00Z", data: String = #"{"payment":{"id":"pi_1"}}"#
    ) throws -> Event {
        let subjectMember = subject.map { #""subject":"\#($0)","# } ?? ""
        let json =
            #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/stripe","type":"\#(type)","time":"\#(time)",\#(subjectMember)"#
            + #""datacontenttype":"application/json","tenant":"\#(tenant)","provider":"stripe","providertype":"x","#
            + #""providerid":"evt_1","receivedat":"2026-11-21T08:41:00.123Z","data":\#(data)}"#
        return try Event(json: Array(json.utf8))
    }

    /// The moment of `sample`'s time, in Unix milliseconds.
    static let sampleMilliseconds: Int64 = 1_795_250_460_000
}

extension Secret {
    init(literal text: String) { self.init(origin: .literal, bytes: Array(text.utf8)) }
}

extension DestinationConfiguration {
    /// A destination that may reach the tests' servers on loopback.
    static func sample(_ type: String, _ change: (inout DestinationConfiguration) -> Void = { _ in })
        -> DestinationConfiguration
    {
        var configuration = DestinationConfiguration(name: "test")
        configuration.type = type
        configuration.allowPrivateAddresses = true
        // No test waits for it; a machine that is busy with other tests may need long.
        configuration.timeoutSeconds = 60
        change(&configuration)
        return configuration
    }
}

import Testing
import Verifiers

extension Delivery {
    /// The delivery that a sample becomes on arrival.
    init(_ sample: Sample, peer: String? = nil, at receivedAt: Int64? = nil, pathSuffix: String = "") {
        self.init(
            method: sample.method, target: Array(sample.target.utf8)[...],
            pathSuffix: Array(pathSuffix.utf8)[...],
            body: sample.body[...], headers: HeaderFields(sample.headers),
            peer: peer.flatMap { IPAddress($0) },
            receivedAt: receivedAt ?? sample.now)
    }

    /// A delivery put together by hand.
    static func make(
        method: String = "POST", target: String = "/webhooks/test", pathSuffix: String = "",
        body: String = "",
        headers: [(name: String, value: String)] = [], peer: String? = nil,
        at receivedAt: Int64 = 1_700_000_000
    ) -> Delivery {
        Delivery(
            Sample(
                method: method, target: target, headers: headers, body: Array(body.utf8), now: receivedAt),
            peer: peer, pathSuffix: pathSuffix)
    }
}

extension ProviderSettings {
    /// Settings from texts.
    static func make(
        _ secrets: String..., tolerance: Int64 = 300, url: String? = nil, allowed: [String]? = nil
    ) -> ProviderSettings {
        ProviderSettings(
            secrets: secrets.map { Array($0.utf8) }, toleranceSeconds: tolerance, notificationURL: url,
            allowedAddresses: allowed?.compactMap { CIDRBlock($0) })
    }
}

extension Provider {
    /// The outcome of verifying, as a value to compare.
    func outcome(_ delivery: Delivery) -> Result<Int, VerificationFailure> {
        do {
            return .success(try verify(delivery))
        } catch {
            return .failure(error)
        }
    }

    /// The events of a body.
    func events(_ body: String, headers: [(name: String, value: String)] = []) throws
        -> [ProviderEvent]
    {
        var document = JSONDocument()
        return try events(in: .make(body: body, headers: headers), document: &document)
    }

    /// Why a body is refused; nil when it is not.
    func malformation(_ body: String) -> String? {
        var document = JSONDocument()
        do {
            return try events(in: .make(body: body), document: &document).compactMap(\.defect).first
        } catch {
            return error.reason
        }
    }
}

/// One working set-up of each provider with a body it sends.
struct ProviderCase: Sendable, CustomTestStringConvertible {
    let type: any NativeProvider.Type
    let settings: ProviderSettings
    let body: String

    var testDescription: String { type.name }

    func provider() throws -> any Provider { try type.init(settings) }

    func signed(at now: Int64 = 1_700_000_000) throws -> Sample {
        var sample = Sample(target: "/webhooks/\(type.name)", body: Array(body.utf8), now: now)
        try provider().sign(&sample)
        return sample
    }

    static let all: [ProviderCase] = [
        ProviderCase(
            type: Stripe.self, settings: .make("whsec_one", "whsec_two"),
            body:
                #"{"id":"evt_1","type":"charge.succeeded","created":1700000000,"data":{"object":{"id":"ch_1"}}}"#
        ),
        ProviderCase(
            type: Square.self,
            settings: .make("sq_key", url: "https://hooks.example.com/webhooks/square"),
            body: #"{"event_id":"e1","type":"payment.updated","merchant_id":"M","data":{"id":"p1"}}"#),
        ProviderCase(
            type: QuickBooks.self, settings: .make("verifier-token"),
            body:
                #"[{"specversion":"1.0","id":"a","type":"qbo.customer.created.v1","intuitaccountid":"310687"}]"#
        ),
        ProviderCase(
            type: Mailchimp.self, settings: .make("url secret+1"),
            body:
                "type=subscribe&fired_at=2009-03-26+21%3A35%3A57&data%5Bid%5D=8a25ff1d98&data[email]=a%40b.c"
        ),
    ]
}

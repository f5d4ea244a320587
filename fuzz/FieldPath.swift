import FoundationEssentials
import Verifiers

@testable import WebhookGateway

/// Rules of a mapping from arbitrary text: refused with a reason, or applied to a payload without harm.
///
/// Input: a field path on the first line, then rules as JSON5.
enum FieldPathTarget: FuzzTarget {
    private static let payload = Array(
        #"{"id":"evt_1","type":"a.b","created":1700000000,"data":{"object":{"id":"x","list":[1,"2",{"a":null}]}}}"#.utf8
    )

    static func check(_ input: [UInt8]) {
        let parts = input.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return }
        path(String(decoding: first, as: UTF8.self))
        if parts.count > 1 { rules(parts[1]) }
    }

    private static func path(_ text: String) {
        do throws(MalformedPath) {
            _ = try FieldPath(parsing: text)
        } catch {
            precondition(!error.reason.isEmpty)
        }
    }

    private static func rules(_ text: ArraySlice<UInt8>) {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        guard let value = try? decoder.decode(JSONValue.self, from: Data(String(decoding: text, as: UTF8.self).utf8))
        else { return }
        let rules: MappingRules
        do throws(ConfigurationError) {
            rules = try MappingCatalog(overrides: ["stripe": value]).rules(named: "stripe")
        } catch {
            precondition(!error.issues.isEmpty)
            return
        }
        let settings = ProviderSettings(secrets: [Array("secret".utf8)])
        let delivery = Delivery(
            method: "POST", target: [], pathSuffix: [], body: payload[...], headers: HeaderFields([]), peer: nil,
            receivedAt: 1_700_000_000)
        var document = JSONDocument()
        guard let provider = try? Stripe(settings),
            let events = try? provider.events(in: delivery, document: &document)
        else { preconditionFailure("the payload is not read") }
        let mapper = Mapper(provider: "stripe", rules: rules)
        for event in events {
            var data: [UInt8] = []
            guard (try? mapper.map(event, in: document, data: &data)) != nil else { continue }
            var result = JSONDocument()
            guard (try? result.read(data[...])) != nil else { preconditionFailure("an event is no JSON") }
        }
    }
}

import Verifiers

@testable import WebhookGateway

/// A payload from arbitrary bytes, mapped by each bundled mapping: whole JSON on one line, or nothing.
enum MappingTarget: FuzzTarget {
    /// Reading the rules takes longer than mapping by them.
    private static let rules = ProviderCatalog.all.map { try? MappingCatalog().rules(named: $0.name) }

    static func check(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let place = Int(choice) % ProviderCatalog.all.count
        let type = ProviderCatalog.all[place]
        let settings = ProviderSettings(
            secrets: [Array("secret".utf8)], notificationURL: "https://hooks.example.com/in")
        guard let provider = try? type.init(settings), let rules = rules[place] else {
            preconditionFailure("a bundled provider or mapping is not valid")
        }
        let mapper = Mapper(provider: type.name, rules: rules)
        let delivery = Delivery(
            method: "POST", target: [], pathSuffix: [], body: input.dropFirst(), headers: HeaderFields([]), peer: nil,
            receivedAt: 1_700_000_000)
        var document = JSONDocument()
        guard let events = try? provider.events(in: delivery, document: &document) else { return }
        for event in events {
            var data: [UInt8] = []
            guard (try? mapper.map(event, in: document, data: &data)) != nil else {
                precondition(data.isEmpty, "a failed mapping left something")
                continue
            }
            precondition(!data.contains(10), "an event has more than one line")
            var result = JSONDocument()
            guard (try? result.read(data[...])) != nil else { preconditionFailure("an event is no JSON") }
        }
    }
}

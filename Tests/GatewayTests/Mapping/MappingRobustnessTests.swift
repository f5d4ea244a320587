import Testing
import Verifiers

@testable import WebhookGateway

/// What providers never send and attackers might: every fixture, damaged in every place.
struct MappingRobustnessTests {
    @Test(arguments: try WebhookFixture.all())
    func `any value may be null, empty or of another shape`(_ fixture: WebhookFixture) throws {
        let delivery = try fixture.delivery()
        var original = JSONDocument()
        guard (try? original.read(delivery.body)) != nil else { return }
        let (provider, mapper) = (try fixture.instance(), try fixture.mapper())
        for node in original.nodes(under: .root) {
            let text = original.text(of: node)
            for stand in ["null", "{}", "[{\"id\":[-1.5]}]"] {
                let body = delivery.body[..<text.startIndex] + Array(stand.utf8) + delivery.body[text.endIndex...]
                try check(body, of: delivery, provider, mapper)
            }
        }
    }

    @Test(arguments: try WebhookFixture.all())
    func `a damaged body is refused or mapped to whole JSON`(_ fixture: WebhookFixture) throws {
        let delivery = try fixture.delivery()
        let (provider, mapper) = (try fixture.instance(), try fixture.mapper())
        for place in stride(from: delivery.body.startIndex, to: delivery.body.endIndex, by: 41) {
            for damage: UInt8 in [0x10, 0x80] {
                var body = delivery.body
                body[place] ^= damage
                try check(body, of: delivery, provider, mapper)
            }
        }
    }

    /// Whatever comes out is one line of JSON, without nulls unless it is the payload itself.
    private func check(
        _ body: ArraySlice<UInt8>, of delivery: Delivery, _ provider: any Provider, _ mapper: Mapper
    ) throws {
        var delivery = delivery
        delivery.body = body
        var document = JSONDocument()
        guard let events = try? provider.events(in: delivery, document: &document) else { return }
        for event in events {
            var data: [UInt8] = []
            guard let mapped = try? mapper.map(event, in: document, data: &data) else {
                #expect(data.isEmpty)
                continue
            }
            var result = JSONDocument()
            try result.read(data[...])
            #expect(!data.contains(UInt8(ascii: "\n")))
            guard mapped.isCanonical else { continue }
            let isClean = result.nodes(under: .root).dropFirst().allSatisfy { !MappedValue.isAbsent($0, in: result) }
            #expect(isClean, "\(String(decoding: data, as: UTF8.self))")
        }
    }
}

extension WebhookFixture {
    func instance() throws -> any Provider {
        try source().makeProvider()
    }

    func mapper() throws -> Mapper {
        Mapper(provider: provider, rules: try MappingCatalog().rules(named: provider))
    }
}

extension JSONDocument {
    /// A value and everything in it.
    func nodes(under node: Node) -> [Node] {
        [node] + children(of: node).flatMap { nodes(under: $0) }
    }
}

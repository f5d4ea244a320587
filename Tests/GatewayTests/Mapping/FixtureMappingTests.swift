import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

struct FixtureMappingTests {
    @Test(arguments: try WebhookFixture.all())
    func `a provider's delivery becomes the events beside it`(_ fixture: WebhookFixture) throws {
        let provider = try fixture.instance()
        let mapper = try fixture.mapper()
        let expected = try fixture.expected()

        var document = JSONDocument()
        var found: [JSONValue] = []
        do {
            for event in try provider.events(in: fixture.delivery(), document: &document) {
                var data: [UInt8] = []
                let mapped = try mapper.map(event, in: document, data: &data)
                found.append(try envelope(of: event, mapped, data, fixture))
            }
        } catch is MalformedBody {
            #expect(expected.quarantined, "the body was refused")
            return
        }
        #expect(!expected.quarantined)
        #expect(found.count == expected.events.count)
        for (found, expected) in zip(found, expected.events) { #expect(found.json == expected.json) }
    }

    @Test func `every provider has fixtures`() throws {
        let providers = Set(try WebhookFixture.all().map(\.provider))
        #expect(providers == Set(ProviderCatalog.names))
        for provider in providers {
            #expect(try WebhookFixture.all().count { $0.provider == provider } >= 4, "\(provider)")
        }
    }

    /// What is foreseeable of an event, as the pipeline puts it together.
    private func envelope(
        of event: ProviderEvent, _ mapped: Mapper.Mapped, _ data: [UInt8], _ fixture: WebhookFixture
    ) throws -> JSONValue {
        #expect(!data.contains(UInt8(ascii: "\n")))
        var members: [String: JSONValue] = [
            "specversion": .text("1.0"), "source": .text("/webhooks/\(fixture.provider)"), "type": .text(mapped.type),
            "datacontenttype": .text("application/json"),
            "tenant": .text("default"), "provider": .text(fixture.provider), "providertype": .text(event.type),
            "providerid": .text(event.key), "data": try JSONDecoder().decode(JSONValue.self, from: Data(data)),
        ]
        // A provider that does not say when it happened leaves the time of arrival, which cannot be foreseen.
        members["time"] = mapped.time.map { .text($0.formatted(.exact)) }
        members["subject"] = mapped.subject.map { .text($0) }
        return .object(members)
    }
}

/// A folder of fixtures/webhooks: a captured request and the events it must become.
struct WebhookFixture: Sendable, CustomTestStringConvertible {
    struct Expectation: Decodable {
        var events: [JSONValue]
        var quarantined: Bool

        enum CodingKeys: CodingKey { case events, quarantined }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            events = try container.decode([JSONValue].self, forKey: .events)
            quarantined = try container.decodeIfPresent(Bool.self, forKey: .quarantined) ?? false
        }
    }

    let provider: String
    let name: String

    var testDescription: String { "\(provider)/\(name)" }

    /// Every case there is, found by itself.
    static func all() throws -> [WebhookFixture] {
        try folders(in: root).flatMap { provider in
            try folders(in: root.appending(path: provider)).map { WebhookFixture(provider: provider, name: $0) }
        }
    }

    func expected() throws -> Expectation {
        try JSONDecoder().decode(Expectation.self, from: Data(contentsOf: folder.appending(path: "expected.json")))
    }

    /// The request as a delivery: head and body are parted by the first blank line.
    func delivery() throws -> Delivery {
        let bytes = Array(try Data(contentsOf: folder.appending(path: "request.http")))
        let blank = Array("\r\n\r\n".utf8)
        let end = try #require(bytes.indices.first { bytes[$0...].starts(with: blank) })
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let start = try #require(lines.first).split(separator: " ")
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
        }
        return Delivery(
            method: String(start[0]), target: Array(start[1].utf8)[...], body: bytes[(end + 4)...],
            headers: HeaderFields(headers), peer: nil, receivedAt: 0)
    }

    /// The source that the fixture was signed for; timestamps, which are long past, are not checked.
    func source() throws -> SourceConfiguration {
        var source = try #require(try Self.configuration.get().source(named: provider))
        source.toleranceSeconds = 0
        return source
    }

    /// Whether a change of the body is a change of what was signed.
    var signsBody: Bool {
        !["mailchimp", "mailgun", "salesforce", "pancake", "shared-secret", "none"].contains(provider)
    }

    /// fixtures/webhooks/gateway.json5
    private static let configuration = Result {
        try ConfigurationLoader(environment: [:], known: .builtIn)
            .load(root.appending(path: "gateway.json5").path).configuration
    }

    /// The sources of all fixtures as a member of a configuration, for a gateway that takes them as they are.
    static func sources(queues: String) throws -> String {
        let text = try String(contentsOf: root.appending(path: "gateway.json5"), encoding: .utf8)
        let start = try #require(text.firstRange(of: "sources: {")).lowerBound
        let end = try #require(text.lastIndex(of: "}"))
        let keys = "toleranceSeconds: 0, queues: \(queues), provider:"
        return String(text[start..<end]).replacing("provider:", with: keys)
    }

    private var folder: URL { Self.root.appending(path: provider).appending(path: name) }

    /// The repository's root.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let root = repository.appending(path: "fixtures/webhooks")

    private static func folders(in url: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).sorted().filter { name in
            var isDirectory = false
            return FileManager.default.fileExists(atPath: url.appending(path: name).path, isDirectory: &isDirectory)
                && isDirectory
        }
    }
}

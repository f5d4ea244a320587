import Testing

@testable import WebhookGateway

struct DestinationCatalogTests {
    private func problems(_ type: String, _ change: (inout DestinationConfiguration) -> Void) -> [InvalidDestination] {
        DestinationCatalog.problems(of: .sample(type, change))
    }

    @Test func `every type has a name of its own and a card that says what it needs`() {
        #expect(Set(DestinationCatalog.types).count == DestinationCatalog.all.count)
        for type in DestinationCatalog.all {
            #expect(!type.card.name.isEmpty)
            #expect(type.card.description.hasSuffix("."))
            #expect(type.card.requiredCredentials.allSatisfy { !$0.hint.isEmpty })
            #expect(type.card.settings.allSatisfy { !$0.description.isEmpty })
        }
    }

    @Test func `the guide has a section for each type, and each credential and setting in it`() throws {
        let root = #filePath.prefix(upTo: try #require(#filePath.firstRange(of: "/Tests/GatewayTests/")).lowerBound)
        let guide = String(decoding: try HostFile.read("\(root)/docs/destinations.md"), as: UTF8.self)
        for type in DestinationCatalog.all.map({ $0.card }) {
            let heading = try #require(guide.firstRange(of: "\n## \(type.type)\n"), "no section for \(type.type)")
            let rest = guide[heading.upperBound...]
            let section = rest.firstRange(of: "\n## ").map { rest[..<$0.lowerBound] } ?? rest
            for name in type.requiredCredentials.map(\.name) + type.settings.map(\.name) {
                #expect(section.contains("| `\(name)` |"), "\(type.type): \(name)")
            }
            for setting in type.settings {
                let value = setting.defaultValue.map { "`\($0)`" } ?? "required"
                #expect(section.contains("| `\(setting.name)` | \(value) |"), "\(type.type): \(setting.name)")
            }
        }
    }

    @Test func `an unknown type is answered with the nearest one`() {
        let problem = problems("webhok") { _ in }.first
        #expect(problem?.key == "type")
        #expect(problem?.reason.contains("did you mean webhook?") == true)
    }

    @Test func `a webhook without secret is told how to make one`() {
        let problem = problems("webhook") { $0.url = Secret(literal: "https://example.com/in") }
        #expect(problem.map(\.key) == ["credentials.secret"])
        #expect(problem.first?.reason.contains("openssl rand -base64 32 | sed s/^/whsec_/") == true)
    }

    @Test func `everything that is missing or unknown is told at once`() {
        let found = problems("webhook") { configuration in
            configuration.credentials["secrte"] = Secret(literal: "x")
            configuration.settings["colour"] = .text("red")
            configuration.baseURL = "https://example.com"
        }
        #expect(
            found.map(\.key) == ["url", "baseURL", "credentials.secrte", "credentials.secret", "settings.colour"])
        #expect(found.contains { $0.reason.contains("did you mean secret?") })
    }

    @Test(arguments: [
        ("whsec_", "0 bytes"), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not start with whsec_"),
        ("whsec_****", "not base64"),
        ("whsec_c2hvcnQ=", "5 bytes"), (" ", "empty"),
    ])
    func `a secret that cannot sign is refused with the reason`(_ secret: String, _ reason: String) {
        let found = problems("webhook") { configuration in
            configuration.url = Secret(literal: "https://example.com/in")
            configuration.credentials["secret"] = Secret(literal: secret)
        }
        #expect(found.map(\.key) == ["credentials.secret"])
        #expect(found.first?.reason.contains(reason) == true)
        #expect(found.first?.reason.contains("openssl rand") == true)
    }

    @Test(arguments: [
        ("path", JSONValue.integer(1)), ("path", .text("")), ("path", .text("/tmp/")), ("rotateBytes", .integer(1)),
        ("rotateBytes", .text("1 MB")), ("keepFiles", .integer(0)),
    ])
    func `a setting of the wrong kind is refused`(_ name: String, _ value: JSONValue) {
        let found = problems("file") { configuration in
            configuration.settings = ["path": .text("/tmp/events.jsonl")]
            configuration.settings[name] = value
        }
        #expect(found.map(\.key) == ["settings.\(name)"])
    }

    @Test(
        arguments: [
            ("UA-123-1", "s", "us", "credentials.measurementId"), ("G-1", "s", "mars", "settings.region"),
            ("G-1", nil, "us", "credentials.apiSecret"),
        ] as [(String, String?, String, String)])
    func `Google Analytics says what is wrong`(_ id: String, _ secret: String?, _ region: String, _ key: String) {
        let found = problems("google-analytics") { configuration in
            configuration.credentials["measurementId"] = Secret(literal: id)
            configuration.credentials["apiSecret"] = secret.map { Secret(literal: $0) }
            configuration.settings["region"] = .text(region)
        }
        #expect(found.map(\.key) == [key])
    }

    @ControlPlane
    @Test func `a destination is made from a configuration without problems`() throws {
        let context = DestinationContext(.sample("console"), client: HTTPClient(version: "test"))
        #expect(try DestinationCatalog.make(context) is ConsoleDestination)
        #expect(throws: InvalidDestination.self) {
            try DestinationCatalog.make(DestinationContext(.sample("file"), client: context.client))
        }
    }
}

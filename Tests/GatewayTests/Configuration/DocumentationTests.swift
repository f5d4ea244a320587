import Testing

@testable import WebhookGateway

/// The example file and docs/configuration.md say what the program does.
struct DocumentationTests {
    static let environment = [
        "STRIPE_WEBHOOK_SECRET": "a", "SQUARE_SIGNATURE_KEY": "b", "QBO_VERIFIER_TOKEN": "c",
        "MAILCHIMP_URL_SECRET": "d",
        "CRM_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "GA_SECRET": "f",
    ]

    static func example() throws -> Configuration {
        let text = try ConfigurationSamples.repositoryFile("gateway.example.json5")
        let loaded = try ConfigurationSamples.load(text, environment: environment, known: .builtIn)
        #expect(loaded.warnings == [])
        return loaded.configuration
    }

    @Test func `the example shows the defaults`() throws {
        var example = try Self.example()
        let stripe = try #require(example.source(named: "stripe"))
        var bare = SourceConfiguration(name: "stripe")
        (bare.provider, bare.mapping, bare.secrets) = ("stripe", "stripe", stripe.secrets)
        #expect(stripe == bare)
        let crm = try #require(example.destination(named: "crm"))
        var plain = DestinationConfiguration(name: "crm")
        (plain.type, plain.url, plain.credentials) = (crm.type, crm.url, crm.credentials)
        #expect(crm == plain)
        (example.sources, example.destinations) = ([], [])
        #expect(example == Configuration())
    }

    @Test(arguments: KeyLister.all())
    func `each key is in the example and in the documentation`(_ keyPath: String) throws {
        let documentation = try ConfigurationSamples.repositoryFile("docs/configuration.md")
        #expect(documentation.contains("\n| `\(keyPath)` |"))
        let example = try ConfigurationSamples.repositoryFile("gateway.example.json5")
        let key = try #require(keyPath.split(separator: ".").last)
        #expect(example.contains("\(key):"))
    }

    @Test func `the documentation names no key that does not exist`() throws {
        let documentation = try ConfigurationSamples.repositoryFile("docs/configuration.md")
        let keys = Set(KeyLister.all())
        let sections = [
            "listen.tls", "listen.tls.certificates", "admin.tls", "admin.tls.certificates", "admin.jwt", "vault.kms",
        ]
        let limits = ["sources.*.rateLimit", "destinations.*.rateLimit"]
        for line in documentation.split(separator: "\n")
        where line.hasPrefix("| `") && line.split(separator: "|").count == 4 {
            let key = String(line.split(separator: "`")[1])
            #expect(keys.contains(key) || sections.contains(key) || limits.contains(key), "\(key)")
        }
    }

    @Test func `the documented defaults are the program's`() throws {
        let documentation = try ConfigurationSamples.repositoryFile("docs/configuration.md")
        let printed = ConfigurationWriter.json(Configuration())
        for line in documentation.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingPrefix(" ") }
            guard cells.count == 4, !cells[0].contains("*"), !cells[0].contains("tls."), !cells[0].contains("jwt."),
                !cells[0].contains("kms."),
                let key = cells[0].split(separator: "`").first?.split(separator: ".").last,
                let value = cells[1].split(separator: "`").first, cells[1].hasPrefix("`")
            else { continue }
            #expect(printed.contains("\"\(key)\": \(value)"), "\(cells[0])")
        }
    }
}

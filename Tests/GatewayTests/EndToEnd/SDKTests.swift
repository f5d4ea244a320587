import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// The providers' own libraries against the gateway, both ways (Tests/SDKs/crosscheck.py).
    struct SDKTests {
        private static let needsLibraries: ConditionTrait = .enabled(
            if: Python.withSDKs != nil,
            "needs Python with the providers' libraries: scripts/install-dependencies --full")

        private static let script = WebhookFixture.repository.appending(path: "Tests/SDKs/crosscheck.py").path
        private static let url = "https://hooks.example.com/webhooks"
        /// One fixture of each provider that has a library. HubSpot's is of version 3, Svix' and Standard Webhooks' of v1.
        private static let sources = ["stripe", "square", "standard-webhooks", "svix", "sendgrid", "hubspot"]

        @Test(needsLibraries) func `what a provider's library signs is accepted, and altered refused`() throws {
            let home = try GatewayHome(try WebhookFixture.sources(queues: #"["events"]"#))
            defer { home.close() }
            let signed = try home.launch(try #require(Python.withSDKs), [Self.script, "sign", Self.url]).finish()
            #expect(signed.code == 0, "\(signed.errors)")
            let cases = try signed.output.split(separator: "\n").map { try JSONDocument(parsing: $0.utf8) }
            #expect(cases.count == 16)
            for source in Self.sources {
                let own = cases.filter { $0["source"] == source }
                let lines = own.compactMap { $0["request"] }.joined(separator: "\n")
                try HostFile.replace("\(home.path)/requests", Array(lines.utf8))
                let verified = try home.run("verify", "--source", source, "--request", "requests", "--json")
                let verdicts = try verified.output.split(separator: "\n").map { try JSONDocument(parsing: $0.utf8) }
                #expect(verdicts.count == own.count && !own.isEmpty, "\(source): \(verified.errors)")
                for (request, verdict) in zip(own, verdicts) {
                    let name = request["name"] ?? ""
                    #expect(verdict["accepted"] == request["genuine"], "\(name): \(verdict["hint"] ?? "")")
                    if verdict["accepted"] == "false" { #expect(verdict["reason"] == "mismatch") }
                }
            }
        }

        @Test(needsLibraries) func `what send signs is taken by the provider's library, and altered refused`() throws {
            let home = try GatewayHome(try WebhookFixture.sources(queues: #"["events"]"#))
            defer { home.close() }
            let gateway = try home.start()
            var saved = ""
            for source in Self.sources {
                let sent = try home.run("send", source, "--to", gateway.url, "--save", "sent-\(source)")
                #expect(sent.code == 0, "\(sent.errors)")
                saved += String(decoding: try HostFile.read("\(home.path)/sent-\(source)"), as: UTF8.self)
            }
            try HostFile.replace("\(home.path)/saved", Array(saved.utf8))
            let python = try #require(Python.withSDKs)
            let words = ["-c", "exec \"$0\" \"$@\" < saved", python, Self.script, "verify", Self.url]
            let verified = try home.launch("sh", words).finish()
            let verdicts = try verified.output.split(separator: "\n").map { try JSONDocument(parsing: $0.utf8) }
            #expect(verdicts.compactMap { $0["source"] } == Self.sources, "\(verified.errors)")
            for verdict in verdicts {
                #expect(verdict["accepted"] == "true", "\(verdict["source"] ?? ""): \(verified.errors)")
                #expect(verdict["spoilt"] == "false", "\(verdict["source"] ?? "")")
            }
        }
    }
}

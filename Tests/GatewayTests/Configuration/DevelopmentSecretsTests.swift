import Glibc
import Testing

@testable import WebhookGateway

struct DevelopmentSecretsTests {
    @Test func `they are made once and kept for their owner alone`() throws {
        let parent = try TemporaryDirectory()
        let directory = "\(parent.path)/deep/data"
        #expect(try DevelopmentSecrets.load(from: directory) == nil)
        let made = try DevelopmentSecrets.loadOrCreate(in: directory)
        #expect(try DevelopmentSecrets.loadOrCreate(in: directory) == made)
        #expect(try DevelopmentSecrets.load(from: directory) == made)
        #expect(made.stripe.hasPrefix("whsec_"))
        #expect(mode(directory) == 0o700)
        #expect(mode("\(directory)/development-secrets.json") == 0o600)
    }

    @Test func `processes that start together agree`() async throws {
        let parent = try TemporaryDirectory()
        let directory = "\(parent.path)/data"
        let all = try await withThrowingTaskGroup(of: DevelopmentSecrets.self) { group in
            for _ in 0..<16 { group.addTask { try DevelopmentSecrets.loadOrCreate(in: directory) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 16)
        #expect(all.allSatisfy { $0 == all[0] })
    }

    @Test func `a damaged file is named`() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.file(DevelopmentSecrets.fileName, "{}")
        let path = directory.path
        let issue = #expect(throws: ConfigurationIssue.self) { try DevelopmentSecrets.loadOrCreate(in: path) }
        #expect(issue?.message == "\(path)/development-secrets.json is damaged")
    }

    @Test func `the development configuration is a valid one`() {
        let configuration = Configuration.development(.generate())
        let issues = ConfigurationValidation.issues(configuration, known: ConfigurationSamples.known, after: [])
        #expect(issues == [])
        #expect(configuration.sources.map(\.name) == ["mailchimp", "quickbooks", "square", "stripe"])
        #expect(configuration.source(named: "square")?.notificationURL == "http://127.0.0.1:8080/webhooks/square")
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}

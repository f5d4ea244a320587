import FoundationEssentials
import Testing

@testable import WebhookGateway

struct CompletionsCommandTests {
    @Test func `every command is completed with its verbs, options and their values`() {
        let words = Dictionary(uniqueKeysWithValues: CommandCatalog.all.map { ($0.name, CommandWords($0)) })
        #expect(words["integrations"]?.verbs.contains("rotate-secret") == true)
        #expect(words["keys"]?.verbs == ["generate", "list", "rotate", "rekey"])
        #expect(words["serve"]?.verbs == [])
        func value(_ option: String, of command: String) -> CommandWords.Option.Value? {
            words[command]?.options.first { $0.name == option }?.value
        }
        #expect(value("--lang", of: "types") == .choice(["swift", "typescript", "go", "python"]))
        #expect(value("--kind", of: "integrations") == .choice(["source", "destination"]))
        #expect(value("--config", of: "events") == .file)
        #expect(value("--limit", of: "events") == .free)
        #expect(value("--json", of: "events") == CommandWords.Option.Value.none)
        #expect(value("--dry-run", of: "integrations") == CommandWords.Option.Value.none)
    }

    @Test(arguments: [
        (["ev"], "events"), (["integrations", "rot"], "rotate-secret"),
        (["types", "stripe", "--lang", "ty"], "typescript"),
        (["keys", "--ten"], "--tenant"), (["events", "list", "--limit", ""], ""),
        (["token", "revoke", "--j"], "--json"),
    ])
    func `a shell is offered what fits`(words: [String], offered: String) throws {
        let directory = try TemporaryDirectory()
        let line = words.map { "'\($0)'" }.joined(separator: " ")
        let script =
            "\(CompletionsCommand.script(for: "bash"))\nCOMP_WORDS=(webhook-gateway \(line)); COMP_CWORD=\(words.count)\n"
            + "_webhook_gateway; echo \"${COMPREPLY[*]}\""
        let shell = try Program(
            "bash", ["-c", script], in: directory.path, environment: ProcessInfo.processInfo.environment,
            logs: "\(directory.path)/bash")
        #expect(try shell.finish().code == 0)
        #expect(shell.output == "\(offered)\n", "\(shell.errors)")
    }
}

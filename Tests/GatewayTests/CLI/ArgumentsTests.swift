import Testing

@testable import WebhookGateway

struct ArgumentsTests {
    @Test func `options are found in any order and form`() throws {
        var arguments = Arguments([
            "list", "--source=stripe", "--json", "--limit", "5", "evt", "--tag", "a", "--tag=b=c",
        ])
        #expect(try arguments.verb(["list", "show"]) == "list")
        #expect(try arguments.flag("--json"))
        #expect(try !arguments.flag("--quiet"))
        #expect(try arguments.value("--source") == "stripe")
        #expect(try arguments.value("--absent") == nil)
        #expect(try arguments.integer("--limit", in: 1...100) == 5)
        #expect(try arguments.values("--tag") == ["a", "b=c"])
        #expect(try arguments.positional("the event") == "evt")
        #expect(arguments.positional() == nil)
        try arguments.finish()
    }

    @Test func `what follows two dashes is left alone`() throws {
        var arguments = Arguments(["--queue", "jobs", "--", "python3", "--queue", "x"])
        #expect(try arguments.value("--queue") == "jobs")
        try arguments.finish()
        #expect(arguments.rest == ["python3", "--queue", "x"])
    }

    @Test(arguments: [
        (["--jsno"], "the option --jsno is not known; did you mean --json?"),
        (["--zzzzzzz"], "the option --zzzzzzz is not known; the options are --json, --limit, --source"),
        (["--json=yes"], "--json takes no value"), (["--source"], "--source needs a value"),
        (["--source", "--json"], "--source needs a value"),
        (["--source", "a", "--source=b"], "--source stands there 2 times; give it once"),
        (["--limit", "0"], "--limit is a whole number from 1 to 9, not \"0\""),
        (["--limit=x"], "--limit is a whole number from 1 to 9, not \"x\""),
        (["stray"], "\"stray\" is one word too many"),
    ])
    func `mistakes are explained`(_ words: [String], _ sentence: String) {
        let error = #expect(throws: UsageError.self) {
            var arguments = Arguments(words)
            _ = try arguments.flag("--json")
            _ = try arguments.integer("--limit", in: 1...9)
            _ = try arguments.value("--source")
            try arguments.finish()
        }
        #expect(error?.description == sentence)
    }

    @Test func `a verb must be one of those there are`() {
        var wrong = Arguments(["lst"])
        #expect(throws: UsageError("\"lst\" is not known here; did you mean list? it is one of list, show")) {
            try wrong.verb(["list", "show"])
        }
        var none = Arguments(["--json"])
        #expect(throws: UsageError("say what to do: one of list, show")) { try none.verb(["list", "show"]) }
    }

    @Test func `commands have distinct names and usage that begins with them`() {
        let names = CommandCatalog.all.map { $0.name }
        #expect(Set(names).count == names.count)
        for command in CommandCatalog.all { #expect(command.usage.hasPrefix("webhook-gateway \(command.name)")) }
    }
}

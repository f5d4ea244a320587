import Testing

@testable import WebhookGateway

struct ConfigurationFileTests {
    @Test(arguments: [
        (
            "{\n  listen: {\n    port: 80 host: 1 }\n}",
            "gateway.json5:3:14: expected ',' or '}' after the value of \"port\""
        ),
        ("{ a: 'x", "gateway.json5:1:6: this text is never closed"),
        ("{ a: 'x\n' }", "gateway.json5:1:8: the line ends inside a text; close its quotes"),
        ("", "gateway.json5:1:1: the file ends where a value is expected"),
        (
            "{ a: tru }",
            "gateway.json5:1:6: expected a value: an object, array, quoted text, number, true, false or null"
        ),
        ("{ a: 1 } x", "gateway.json5:1:10: expected the end of the file after the value"),
        ("{ a 1 }", "gateway.json5:1:5: expected ':' after the key \"a\""),
        ("{ é: 1, \u{1F600}: [1 2] }", "gateway.json5:1:15: expected ',' or ']' after an element"),
        ("/* x", "gateway.json5:1:1: this comment is never closed"),
        ("[1]", "gateway.json5: expected an object, found an array; begin the file with {"),
        (
            #"{ log: { level: "\q" } }"#,
            "gateway.json5: log.level: this value is not valid JSON5; check its quotes and escapes"
        ),
    ])
    func `broken JSON5 is named with line and column`(_ text: String, _ line: String) {
        #expect(ConfigurationSamples.refusal(text) == [line])
    }

    @Test func `a file that is not UTF-8 is refused where it begins not to be`() {
        let loader = ConfigurationLoader(environment: [:], known: KnownParts(destinationTypes: []))
        // Foundation's decoder would end the process.
        let bytes = Array("{ listen: {},\n  log".utf8) + [0xFF, 0xFF] + Array(": { level: 'info' } }".utf8)
        let error = #expect(throws: ConfigurationError.self) { try loader.parse(bytes, place: "gateway.json5") }
        #expect(error?.description == "gateway.json5:2:6: this is not UTF-8; save the file as UTF-8")
    }

    @Test func `nesting without end is refused, not followed`() {
        let lines = ConfigurationSamples.refusal(String(repeating: "[", count: 100_000))
        #expect(lines == ["gateway.json5:1:101: nested deeper than 100 levels"])
    }

    @Test func `a key that stands twice is refused`() {
        let lines = ConfigurationSamples.refusal(
            "{ listen: { port: 1, // port: 2\n port: 3 }, admin: { port: 4 }, 'listen': {}, dataDirectory: '{a:1,a:1}' }"
        )
        #expect(
            lines == [
                "gateway.json5: listen.port: stands twice; keep one of them",
                "gateway.json5: listen: stands twice; keep one of them",
            ])
    }

    @Test func `comments, trailing commas, single quotes and hexadecimal are JSON5`() throws {
        let loaded = try ConfigurationSamples.load(
            "\u{FEFF}{ /* a */ 'listen': { port: 0x1F90, host: '::', }, // b\n drainSeconds: +5, }")
        #expect(loaded.configuration.listen.port == 8080)
        #expect(loaded.configuration.listen.host == "::")
        #expect(loaded.configuration.drainSeconds == 5)
    }

    @Test func `the command line comes before the environment`() throws {
        let directory = try TemporaryDirectory()
        let first = try directory.file("first.json5", "{ drainSeconds: 1 }")
        let second = try directory.file("second.json5", "{ drainSeconds: 2 }")
        let loader = ConfigurationLoader(
            environment: [ConfigurationLoader.environmentVariable: second], known: ConfigurationSamples.known)
        #expect(try loader.load(first).configuration.drainSeconds == 1)
        #expect(try loader.load(nil).configuration.drainSeconds == 2)
        #expect(try loader.load(first).place == first)
    }

    @Test func `a file that is not there is an error that names it`() {
        let loader = ConfigurationLoader(environment: [:], known: ConfigurationSamples.known)
        let error = #expect(throws: ConfigurationError.self) { try loader.load("/nowhere/gateway.json5") }
        #expect(
            error?.description
                == "/nowhere/gateway.json5: the configuration file, named by --config, cannot be read (open: No such file or directory); check its name and its permissions"
        )
    }

    @Test func `the effective configuration can be read again and means the same`() throws {
        let text = """
            { listen: { port: 9, tls: { certificate: "c", key: "k", certificates: [{ name: "n", certificate: "c", key: "k" }] } },
              redis: { url: "redis://u:secret@h:1/2" }, sources: { s: { provider: "stripe", secrets: ["env:S"],
              rateLimit: { requests: 5 } } }, mappings: { m: { a: [1.5, "ü"] } },
              destinations: { d: { type: "webhook", url: "https://u:pw@h/?a=1&api_key=xyz", settings: { token: "hidden", n: 1 },
              credentials: { secret: "hidden" }, ordered: "subject" } } }
            """
        let environment = ["S": "hidden"]
        let configuration = try ConfigurationSamples.load(text, environment: environment).configuration
        let printed = ConfigurationWriter.json(configuration)
        for secret in ["hidden", "pw@", "u:secret", "xyz"] { #expect(!printed.contains(secret)) }
        #expect(printed.contains("\"env:S\""))
        #expect(printed.contains("redis://u:•••@h:1/2"))
        let again = try ConfigurationSamples.load(printed, environment: environment).configuration
        #expect(ConfigurationWriter.json(again) == printed)
        #expect(again.listen == configuration.listen)
        #expect(again.sources == configuration.sources)
    }
}

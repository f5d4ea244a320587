import Glibc
import Testing

@testable import WebhookGateway

struct SecretTests {
    private func resolve(_ text: String, _ environment: [String: String] = [:]) throws(SecretResolver.Unresolved)
        -> Secret
    {
        try SecretResolver(environment: environment).resolve(text)
    }

    @Test func `a secret comes from the environment, a file, or the text itself`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("secret", "from file\n")
        #expect(try resolve("env:NAME", ["NAME": "from environment"]).text == "from environment")
        #expect(try resolve("file:\(path)").text == "from file")
        #expect(try resolve("plain").text == "plain")
        #expect(try resolve("file:\(path)").reference == "file:\(path)")
    }

    @Test(arguments: [("a\n\n", "a\n"), ("a\r\n", "a"), ("a ", "a ")])
    func `one line end at the end of a file is not part of the secret`(_ content: String, _ expected: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("secret", content)
        #expect(try resolve("file:\(path)").text == expected)
    }

    @Test(arguments: [
        ("env:NONE", "the environment variable NONE is not set"),
        ("env:EMPTY", "the environment variable EMPTY is empty"),
        ("file:/nowhere/x", "the file /nowhere/x cannot be read (open: No such file or directory)"),
        ("file:/dev/null", "the file /dev/null is empty"), ("", "the secret is empty"),
    ])
    func `a reference that leads nowhere says so`(_ text: String, _ message: String) {
        let error = #expect(throws: SecretResolver.Unresolved.self) { try resolve(text, ["EMPTY": ""]) }
        #expect(error?.message == message)
    }

    @Test func `no way of printing shows the bytes`() {
        let secret = Secret(origin: .literal, bytes: Array("open sesame".utf8))
        var source = SourceConfiguration(name: "s")
        source.secrets = [secret]
        var dumped = ""
        dump(source, to: &dumped)
        let bytes = "\(secret.bytes.dropFirst().first ?? 0)"
        for text in [
            "\(secret)", String(reflecting: secret), "\(source)", String(reflecting: source), dumped, secret.reference,
        ] {
            #expect(!text.contains("sesame"))
            #expect(!text.contains("\(bytes),"))
        }
    }

    @Test(arguments: [
        ("redis://user:pw@host/0", "redis://user:•••@host/0"),
        ("https://h/?a=b&api_key=x&token=y", "https://h/?a=b&api_key=•••&token=•••"),
        ("https://h/path", "https://h/path"), ("redis://:p@ss@host", "redis://:•••@host"),
    ])
    func `URLs are shown without what is secret`(_ url: String, _ shown: String) {
        #expect(URLMask.masked(url) == shown)
    }

    @Test func `an example's placeholder is a warning that names what serve will not start with`() throws {
        let loaded = try ConfigurationSamples.load(
            "{ destinations: { crm: { type: 'webhook', url: 'https://h/in', credentials: { secret: 'whsec_…' } } } }",
            known: .builtIn)
        let warnings = loaded.warnings.map(\.line)
        #expect(
            warnings.contains(
                "destinations.crm.credentials.secret: an example's placeholder; set it before serve: with it serve does not start"
            ))
        #expect(throws: ConfigurationError.self) {
            try ConfigurationSamples.load(
                "{ destinations: { crm: { type: 'webhook', url: 'https://h/in', credentials: { secret: 'whsec_!' } } } }",
                known: .builtIn)
        }
    }
}

import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

struct DefinitionReaderTests {
    /// What is wrong with a definition, line by line.
    private func problems(_ json5: String) -> [String] {
        do throws(ConfigurationError) {
            let value = try ProviderLibrary.value(of: Array(json5.utf8), place: "test")
            _ = try DefinitionReader.read(value, named: "acme", at: "providers.acme")
            return []
        } catch {
            return error.issues.map(\.line)
        }
    }

    @Test func `an unknown key is an error with its place and the nearest known key`() {
        let lines = problems(
            #"{ proof: { kind: "hmac", signature: { form: "header:X", encodng: "hex" } }, evnt: {} }"#)
        #expect(lines.contains { $0.hasPrefix("providers.acme.evnt: is not a known key; did you mean \"event\"?") })
        #expect(
            lines.contains { $0.hasPrefix("providers.acme.proof.signature.encodng: ") && $0.contains("\"encoding\"") })
        #expect(lines.contains { $0.hasPrefix("providers.acme.proof.signature.form: ") })
    }

    @Test(arguments: [
        (#"{}"#, "providers.acme.proof: is missing"),
        (#"{ proof: { kind: "hmca" } }"#, "did you mean \"hmac\"?"),
        (#"{ proof: { signature: "header:X", signed: "{timestamp}.{body}" } }"#, "proof.timestamp: is missing"),
        (#"{ proof: { signature: "header:X", signed: "{id}{body}" } }"#, "proof.id: is missing"),
        (#"{ proof: { signature: "header:X", signed: "fixed" } }"#, "does not cover the body"),
        (#"{ proof: { signature: "header:X", signed: "{bdy}" } }"#, "{bdy} is not known"),
        (#"{ proof: { signature: "header:X", signed: "{body" } }"#, "is not closed"),
        (#"{ proof: { kind: "hash", signature: "header:X", signed: "{body}" } }"#, "does not hold {secret}"),
        (#"{ proof: { signature: "X-Signature" } }"#, "is no place in a request"),
        (#"{ proof: { signature: "header:X", timestamp: "header:T" } }"#, "is not signed"),
        (#"{ proof: { kind: "none" }, event: { split: "entry/*" } }"#, "event.split: is no JSON pointer"),
        (
            #"{ proof: { kind: "none" }, handshakes: [{ methods: ["POST"], answer: "x" }] }"#,
            "handshakes[0].when: is missing"
        ),
        (#"{ proof: { kind: "none" }, handshakes: [{ answer: "{code}" }] }"#, "nothing says how it is made"),
        (#"{ proof: { kind: "none" }, answers: { refused: 200 } }"#, "is no refusal"),
        (#"{ proof: { kind: "none" }, vectors: [{ expect: "mismatched" }] }"#, "did you mean \"mismatch\"?"),
        (#"{ proof: { kind: "none" }, mapping: [{ match: "a", typ: "b" }] }"#, "providers.acme.mapping[0].typ"),
    ])
    func `what cannot work is refused with its place`(definition: String, problem: String) {
        #expect(problems(definition).contains { $0.contains(problem) }, "\(problems(definition))")
    }

    @Test func `a configuration takes definitions, and sources of theirs are checked`() throws {
        let text = """
            { providers: { acme: { proof: { kind: "shared", signature: "header:X-Acme" }, event: { type: "/kind" } } },
              sources: { a: { provider: "acme", secrets: ["s"] } } }
            """
        let configuration = try ConfigurationSamples.load(text, environment: [:], known: .builtIn).configuration
        let provider = try #require(configuration.source(named: "a")).makeProvider()
        #expect(provider.name == "acme")
        let delivery = Delivery(
            method: "POST", target: [], body: Array(#"{"kind":"made"}"#.utf8)[...],
            headers: HeaderFields([("x-acme", "s")]), peer: nil, receivedAt: 0)
        #expect(try provider.verify(delivery) == 1)
        var document = JSONDocument()
        #expect(try provider.events(in: delivery, document: &document).map(\.type) == ["made"])
    }

    @Test(arguments: [
        (#"{ sources: { a: { provider: "none" } } }"#, "sources.a.allowUnauthenticated"),
        (#"{ sources: { a: { provider: "meta", secrets: ["s"] } } }"#, "sources.a.verifyToken"),
        (#"{ sources: { a: { provider: "hubspot", secrets: ["s"] } } }"#, "sources.a.notificationURL"),
        (#"{ sources: { a: { provider: "shopify" } } }"#, "sources.a.secrets"),
        (#"{ sources: { a: { provider: "sendgrid", secrets: ["no key"] } } }"#, "sources.a.secrets[0]"),
        (#"{ sources: { a: { provider: "shopfy", secrets: ["s"] } } }"#, "did you mean shopify?"),
        (
            #"{ sources: { a: { provider: "stripe", secrets: ["s"], definition: { proof: {} } } } }"#,
            "sources.a.definition"
        ),
        (
            #"{ sources: { a: { provider: "hmac", secrets: ["s"], definition: { prof: {} } } } }"#,
            "sources.a.definition.prof"
        ),
        (#"{ providers: { "A b": { proof: { kind: "none" } } } }"#, "providers.A b"),
    ])
    func `a source without what its provider needs is refused`(text: String, problem: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ConfigurationSamples.load(text, environment: [:], known: .builtIn)
        }
        #expect(error.description.contains(problem), "\(error)")
    }

    @Test func `a source changes parts of its provider's definition`() throws {
        let text = """
            { sources: { a: { provider: "hmac", secrets: ["Jefe"],
                              definition: { proof: { signature: { from: "header:X-Acme", prefix: "sha256=" } } } } } }
            """
        let configuration = try ConfigurationSamples.load(text, environment: [:], known: .builtIn).configuration
        let provider = try #require(configuration.source(named: "a")).makeProvider()
        let delivery = Delivery(
            method: "POST", target: [], body: Array("what do ya want for nothing?".utf8)[...],
            headers: HeaderFields([
                ("X-Acme", "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
            ]), peer: nil, receivedAt: 0)
        #expect(try provider.verify(delivery) == 1)
    }

    @Test func `definitions lie in the folder beside the configuration too`() throws {
        let directory = try TemporaryDirectory()
        try HostFile.makeDirectory("\(directory.path)/providers")
        try HostFile.replace("\(directory.path)/providers/acme.json5", Array(#"{ proof: { kind: "none" } }"#.utf8))
        try HostFile.replace(
            "\(directory.path)/gateway.json5",
            Array(#"{ sources: { a: { provider: "acme", allowUnauthenticated: true } } }"#.utf8))
        let loaded = try ConfigurationLoader(environment: [:], known: .builtIn).load("\(directory.path)/gateway.json5")
        #expect(loaded.configuration.source(named: "a")?.kind != nil)
    }

    @Test func `a draft is a definition`() throws {
        for kind in ["hmac", "hash", "ecdsaP256", "ed25519", "rsa", "shared", "bearer", "basic", "urlSecret", "none"] {
            var draft = DefinitionDraft(title: "Acme")
            draft.kind = kind
            if kind == "hash" { draft.signed = "{secret}{body}" }
            #expect(problems(draft.json5) == [], "\(kind)")
        }
    }
}

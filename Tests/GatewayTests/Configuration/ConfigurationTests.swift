import Testing
import Verifiers

@testable import WebhookGateway

struct ConfigurationTests {
    @Test func `an empty object is the defaults`() throws {
        #expect(try ConfigurationSamples.load("{}").configuration == Configuration())
    }

    @Test func `every problem is reported at once, with key path and remedy`() {
        let lines = ConfigurationSamples.refusal(
            """
            {
              listen: { prot: 80, port: "8080", maxBodyBytes: 0, trustedProxies: ["10.0.0.0/33"], accessLog: "refusd" },
              drainSeconds: 1.5,
              nonsense: {},
              sources: {
                square: { provider: "square", secrets: ["key"], queues: [] },
                Stripe: { provider: "strype" },
                quick: {},
                mail: { provider: "mailchimp" },
              },
              destinations: { crm: { type: "webhok", url: "ftp://x" }, log: 7 },
            }
            """)
        #expect(
            lines == [
                "gateway.json5: listen.port: expected a whole number from 0 to 65535, found the text \"8080\"; remove the quotes",
                "gateway.json5: listen.maxBodyBytes: 0 is out of range; set it to a whole number from 1 to 1073741824",
                "gateway.json5: listen.trustedProxies[0]: \"10.0.0.0/33\" is not a network; write it as 192.0.2.0/24, 2001:db8::/32 or a bare address",
                "gateway.json5: listen.accessLog: \"refusd\" is not known; did you mean refused? it is one of all, refused, none",
                "gateway.json5: listen.prot: unknown key; did you mean port?",
                "gateway.json5: drainSeconds: expected a whole number from 0 to 86400, found the number 1.5",
                "gateway.json5: sources.Stripe: \"Stripe\" is not a source name: 1 to 64 of a-z, 0-9, _ and -, the first a letter or digit; rename it",
                "gateway.json5: sources.quick.provider: missing; set it to one of: "
                    + ProviderCatalog.names.joined(separator: ", "),
                "gateway.json5: sources.square.queues: the list is empty; name at least one, or leave the key out",
                "gateway.json5: destinations.crm.url: \"ftp://x\" is not a URL that starts with http:// or https://",
                "gateway.json5: destinations.log: expected an object, found the number 7",
                "gateway.json5: nonsense: unknown key; the keys here are listen, admin, redis, dataDirectory, dedupe, archive, spool, queues, tenantLimits, drainSeconds, log, vault, providers, sources, mappings, destinations",
                "gateway.json5: sources.Stripe.provider: no provider is named \"strype\"; did you mean stripe? there are "
                    + ProviderCatalog.names.sorted().joined(separator: ", "),
                "gateway.json5: sources.mail.secrets: missing; Mailchimp does not sign: put a secret into the webhook's URL and here, or set allowedAddresses",
                "gateway.json5: sources.square.notificationURL: missing; Square signs the notification URL; enter it exactly as in the webhook subscription",
                "gateway.json5: destinations.crm.type: no destination type is named \"webhok\"; did you mean webhook? there are console, google-analytics, webhook",
            ])
    }

    @Test func `a source takes its defaults from the provider, listen and dedupe`() throws {
        let loaded = try ConfigurationSamples.load(
            """
            { sources: { shop: { provider: "stripe", secrets: ["whsec_1", "whsec_2"] } },
              listen: { maxBodyBytes: 1000 }, dedupe: { windowSeconds: 60 } }
            """)
        let source = try #require(loaded.configuration.source(named: "shop"))
        #expect(source.mapping == "stripe")
        #expect(source.maxBodyBytes == 1000)
        #expect(source.dedupeWindowSeconds == 60)
        #expect(source.providerSettings.secrets == [Array("whsec_1".utf8), Array("whsec_2".utf8)])
    }

    @Test func `absent and empty address lists differ`() throws {
        func addresses(_ text: String) throws -> [CIDRBlock]?? {
            try ConfigurationSamples.load(
                "{ sources: { mc: { provider: 'mailchimp', secrets: ['a-long-secret'] \(text) } } }"
            ).configuration.source(named: "mc")?.allowedAddresses
        }
        #expect(try addresses("") == .some(nil))
        #expect(try addresses(", allowedAddresses: null") == .some(nil))
        #expect(try addresses(", allowedAddresses: []") == .some([]))
        #expect(try addresses(", allowedAddresses: ['::1']") == .some(CIDRBlock("::1/128").map { [$0] }))
    }

    @Test func `a missing secret does not hide what else the provider needs`() {
        let lines = ConfigurationSamples.refusal(
            "{ sources: { square: { provider: 'square', secrets: ['env:NOWHERE'] } } }")
        #expect(lines.count == 2)
        #expect(lines.first?.contains("sources.square.secrets[0]: the environment variable NOWHERE is not set") == true)
        #expect(lines.last?.contains("sources.square.notificationURL: missing") == true)
        let none = ConfigurationSamples.refusal("{ sources: { square: { provider: 'square' } } }")
        #expect(none.map { $0.contains("missing") } == [true, true])
    }

    @Test func `settings that do not go together are refused`() {
        let lines = ConfigurationSamples.refusal(
            """
            { listen: { port: 8081 }, admin: { host: "192.0.2.1", jwt: {} }, redis: { clientKey: "k.pem" },
              spool: { maxBytes: 65536, segmentBytes: 65537 }, destinations: { d: { type: "console", settings: { token: "env:T" },
              retry: { baseSeconds: 10, maxSeconds: 5 } } } }
            """)
        let places = lines.map { $0.split(separator: ":")[1].trimmingPrefix(" ") }
        #expect(
            places == [
                "admin.port", "admin.host", "admin.jwt", "redis.clientCertificate", "spool.segmentBytes",
                "destinations.d.retry.baseSeconds", "destinations.d.settings.token",
            ])
    }

    @Test func `a key for tokens that is no public key is refused`() {
        let lines = ConfigurationSamples.refusal(
            "{ admin: { jwt: { rs256: 'env:KEY' } } }", environment: ["KEY": "no PEM"])
        #expect(lines.count == 1 && lines.first?.contains("admin.jwt.rs256: holds no key that can be used") == true)
    }

    @Test func `a reload names what takes effect at the next start only`() throws {
        func differences(_ text: String, from old: String = "{}") throws -> [String] {
            try ConfigurationSamples.load(text).configuration
                .readAtStart(differingFrom: ConfigurationSamples.load(old).configuration)
        }
        #expect(
            try differences("{ listen: { maxBodyBytes: 9 }, drainSeconds: 1, dedupe: { windowSeconds: 9 } }").isEmpty)
        #expect(try differences("{ listen: { port: 9 }, redis: { url: 'redis://h' } }") == ["listen.port", "redis"])
        #expect(try differences("{ listen: { workers: 2 }, log: { level: 'debug' } }") == ["listen", "log"])
        #expect(
            try differences("{}", from: "{ admin: { port: 9 }, dataDirectory: './d' }") == [
                "admin.port", "dataDirectory",
            ])
    }

    @Test func `a default does not contradict the limit that the file sets beside it`() throws {
        let configuration = try ConfigurationSamples.load(
            """
            { spool: { maxBytes: 2000 }, destinations: { log: { type: "console", retry: { maxSeconds: 1 } } },
              sources: { big: { provider: "stripe", secrets: ["env:SECRET"], maxBodyBytes: 3000000 } } }
            """, environment: ["SECRET": "whsec_1"])
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.configuration.spool.segmentBytes == 2000)
        #expect(configuration.configuration.destinations.map(\.retry.baseSeconds) == [1])
        #expect(configuration.configuration.source(named: "big")?.maxBodyBytes == 3_000_000)
    }

    @Test func `what is probably not meant is a warning`() throws {
        let loaded = try ConfigurationSamples.load(
            """
            { sources: { stripe: { provider: "stripe", secrets: ["literal "] } },
              destinations: { log: { type: "console", filter: { sources: ["strpe", "x*"] } } } }
            """)
        #expect(
            loaded.warnings.map(\.keyPath) == [
                "sources.stripe.secrets[0]", "sources.stripe.secrets[0]", "destinations.log.filter.sources[0]",
            ])
        #expect(loaded.warnings.last?.remedy == "did you mean stripe?")
        #expect(try ConfigurationSamples.load("{}").warnings.map(\.keyPath) == ["sources"])
    }

    @Test func `the rest of the program has its say about mappings and destinations`() {
        var known = ConfigurationSamples.known
        known.mappingIssues = { name, _ in
            [ConfigurationIssue(keyPath: "mappings.\(name).rules[0]", message: "it is bad", remedy: "")]
        }
        known.destinationIssues = { _ in
            [ConfigurationIssue(keyPath: "credentials.secret", message: "missing", remedy: "")]
        }
        #expect(throws: ConfigurationError.self) {
            try ConfigurationSamples.load(
                "{ mappings: { m: {} }, destinations: { d: { type: 'webhook' } } }", known: known)
        }
        do throws(ConfigurationError) {
            _ = try ConfigurationSamples.load(
                "{ mappings: { m: {} }, destinations: { d: { type: 'webhook' } } }", known: known)
        } catch {
            #expect(
                error.issues.map(\.line) == [
                    "mappings.m.rules[0]: it is bad", "destinations.d.credentials.secret: missing",
                ])
        }
    }

    @Test func `credentials may be numbers and objects, and settings stay as written`() throws {
        let loaded = try ConfigurationSamples.load(
            """
            { destinations: { d: { type: "webhook", credentials: { id: 42, serviceAccount: { a: [1, "x"] } },
              settings: { fields: [1, 2.5, true, null] } } } }
            """)
        let destination = try #require(loaded.configuration.destination(named: "d"))
        #expect(destination.credentials["id"]?.text == "42")
        #expect(destination.credentials["serviceAccount"]?.text == #"{"a":[1,"x"]}"#)
        #expect(destination.settings["fields"] == .array([.integer(1), .decimal(2.5), .boolean(true), .null]))
    }

    @Test(arguments: [
        #"{ sources: { s: { provider: "stripe", secrets: "whsec_planted" } } }"#,
        #"{ sources: { s: "whsec_planted" } }"#, #"{ admin: { jwt: "whsec_planted" } }"#,
        #"{ destinations: { d: { type: "webhook", url: "https://x.example", credentials: "whsec_planted" } } }"#,
        #"{ redis: "redis://:whsec_planted@h" }"#, #"{ redis: { url: "redis://:whsec_planted/rest@h:6379/0" } }"#,
    ])
    func `a secret in the wrong place is not shown in the message`(_ text: String) throws {
        let loader = ConfigurationLoader(environment: [:], known: .builtIn)
        let error = try #require(throws: ConfigurationError.self) {
            try loader.parse(Array(text.utf8), place: "gateway.json5")
        }
        #expect(!"\(error)".contains("whsec_planted"))
    }
}

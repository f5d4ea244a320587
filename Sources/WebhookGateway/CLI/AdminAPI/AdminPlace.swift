import Glibc
import Verifiers

/// Where a command finds the admin API: at a running gateway's admin port, or in this process, over the store.
enum AdminPlace: Sendable {
    case gateway(AdminAddress)
    /// As the configuration at that path says, or the one that is looked for.
    case store(configuration: String?)

    /// What `--help` says about the choice; indented as options are.
    static let help = """
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --url URL       ask the gateway with this admin port instead of its Redis; else $WEBHOOK_GATEWAY_URL
          --token-file F  the file with the token for it; else $WEBHOOK_GATEWAY_TOKEN; - is standard input
          --token TOKEN   the token itself; everybody on this machine sees it in the list of processes
        """
}

/// A gateway's admin port, and what opens it.
struct AdminAddress: Sendable {
    let url: OutboundURL
    /// A token of the admin API, or a JSON web token.
    let token: String
}

extension Arguments {
    /// The value of `--cursor`, as an earlier answer gave it.
    mutating func cursor() throws(UsageError) -> String? {
        guard let text = try value("--cursor") else { return nil }
        guard Shape.decodedCursor(text) != nil else {
            throw UsageError("--cursor is what the page before printed, not \(TextRule.quoted(text))")
        }
        return text
    }

    /// Takes `--config`, `--url`, `--token` and `--token-file`.
    mutating func adminPlace() throws(UsageError) -> AdminPlace {
        try adminPlace { name in
            guard let value = getenv(name) else { return nil }
            let text = String(cString: value)
            return text.isEmpty ? nil : text
        }
    }

    /// - Parameter environment: the value of a variable; nil when it is empty or not set.
    mutating func adminPlace(_ environment: (String) -> String?) throws(UsageError) -> AdminPlace {
        let configuration = try value("--config")
        let given = try value("--url")
        let token = try value("--token")
        let file = try value("--token-file")
        if configuration != nil, given != nil {
            throw UsageError(
                "--config and --url exclude each other: a file says where the store is, a URL where a gateway is")
        }
        if token != nil, file != nil { throw UsageError("--token and --token-file exclude each other") }
        guard let text = given ?? (configuration == nil ? environment("WEBHOOK_GATEWAY_URL") : nil) else {
            guard token == nil, file == nil else {
                throw UsageError("a token opens the admin API; say where that is with --url or $WEBHOOK_GATEWAY_URL")
            }
            return .store(configuration: configuration)
        }
        let url: OutboundURL
        do throws(OutboundURL.Malformed) {
            url = try OutboundURL(text)
        } catch {
            throw UsageError("\(given == nil ? "$WEBHOOK_GATEWAY_URL" : "--url"): \(error)")
        }
        return .gateway(AdminAddress(url: url, token: try Self.token(token, file, environment)))
    }

    private static func token(
        _ given: String?, _ file: String?, _ environment: (String) -> String?
    ) throws(UsageError) -> String {
        var text = given
        if let file { text = String(decoding: try CommandFile.read(file), as: UTF8.self) }
        guard let text = text ?? environment("WEBHOOK_GATEWAY_TOKEN") else {
            throw UsageError(
                "the admin API asks for a token: set $WEBHOOK_GATEWAY_TOKEN or give --token-file; `webhook-gateway token create` makes one where the gateway runs"
            )
        }
        let token = text.split(whereSeparator: \.isWhitespace)
        guard token.count == 1, token[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UsageError("the token is not one word of ASCII characters (wgt_…, or a JSON web token)")
        }
        return String(token[0])
    }
}

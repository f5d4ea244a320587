@testable import WebhookGateway

/// A configuration from arbitrary text: refused with at least one reason, or accepted, and never a crash.
enum ConfigurationTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        // What stands behind `file:` would be read from this machine.
        guard !String(decoding: input, as: UTF8.self).contains("file:") else { return }
        let loader = ConfigurationLoader(
            environment: ["SECRET": "whsec_0123456789"], known: KnownParts(destinationTypes: ["console", "webhook"]))
        do throws(ConfigurationError) {
            _ = try loader.parse(input, place: "gateway.json5")
        } catch {
            precondition(!error.issues.isEmpty && !error.description.isEmpty)
        }
    }
}

import FoundationEssentials
import Glibc
import Verifiers

/// The secrets of a gateway without a configuration file: made once, kept in the data directory.
struct DevelopmentSecrets: Codable, Sendable, Equatable {
    var stripe: String
    var square: String
    var quickbooks: String
    var mailchimp: String

    static let fileName = "development-secrets.json"

    /// New random secrets, each in the form its provider gives out.
    static func generate() -> DevelopmentSecrets {
        DevelopmentSecrets(
            stripe: "whsec_" + random(24), square: random(16), quickbooks: random(18), mailchimp: random(18))
    }

    /// The secrets of a data directory, made now if there are none; concurrent processes agree on them.
    static func loadOrCreate(in directory: String) throws(ConfigurationIssue) -> DevelopmentSecrets {
        if let kept = try load(from: directory) { return kept }
        let secrets = generate()
        do throws(SystemError) {
            try HostFile.makeDirectory(directory)
            if try HostFile.create(path(in: directory), secrets.json) { return secrets }
        } catch {
            throw failure(
                in: directory, "cannot be written (\(error))", "choose a data directory that this user may write")
        }
        // Another process was first; its secrets count.
        guard let kept = try load(from: directory) else {
            throw failure(in: directory, "vanished while it was read", "start again")
        }
        return kept
    }

    /// The secrets of a data directory; nil when there are none yet.
    static func load(from directory: String) throws(ConfigurationIssue) -> DevelopmentSecrets? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try HostFile.read(path(in: directory))
        } catch {
            if error.code == ENOENT { return nil }
            throw failure(in: directory, "cannot be read (\(error))", "make it readable for this user")
        }
        guard let secrets = try? JSONDecoder().decode(DevelopmentSecrets.self, from: Data(bytes)) else {
            throw failure(in: directory, "is damaged", "delete it; new secrets are made at the next start")
        }
        return secrets
    }

    private static func path(in directory: String) -> String { "\(directory)/\(fileName)" }

    private static func random(_ count: Int) -> String {
        String(decoding: Base64.encode(EntropySource.bytes(count)[...], alphabet: .urlSafe), as: UTF8.self)
    }

    private static func failure(in directory: String, _ what: String, _ remedy: String) -> ConfigurationIssue {
        ConfigurationIssue(keyPath: "dataDirectory", message: "\(path(in: directory)) \(what)", remedy: remedy)
    }

    private var json: [UInt8] {
        let members = ["stripe": stripe, "square": square, "quickbooks": quickbooks, "mailchimp": mailchimp]
        return Array((JSONValue.object(members.mapValues { .text($0) }).json + "\n").utf8)
    }
}

import FoundationEssentials
import Glibc
import Testing

@testable import WebhookGateway

/// Configurations as text, and a directory that goes away with the test.
enum ConfigurationSamples {
    static let known = KnownParts(
        destinationTypes: ["console", "webhook", "google-analytics"], singleEventTypes: ["webhook"])

    /// Loads a text as the file `gateway.json5`.
    static func load(
        _ text: String, environment: [String: String] = [:], known: KnownParts = known
    ) throws(ConfigurationError) -> LoadedConfiguration {
        try ConfigurationLoader(environment: environment, known: known).parse(Array(text.utf8), place: "gateway.json5")
    }

    /// The lines that a text which cannot be used is refused with.
    static func refusal(_ text: String, environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(text, environment: environment)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    /// The text of a file in the repository.
    static func repositoryFile(_ path: String, from testFile: String = #filePath) throws -> String {
        var root = testFile[...]
        for _ in 0..<4 { root = root[..<(root.lastIndex(of: "/") ?? root.startIndex)] }
        return String(decoding: try HostFile.read("\(root)/\(path)"), as: UTF8.self)
    }
}

/// A directory of its own for one test, removed with everything in it.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/webhook-gateway-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Writes a file into the directory and gives its path.
    func file(_ name: String, _ content: String) throws -> String {
        _ = try HostFile.create("\(path)/\(name)", Array(content.utf8))
        return "\(path)/\(name)"
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("\(path) could not be removed: \(error)")
        }
    }
}

import FoundationEssentials
import Glibc

/// A configuration ready to run, and what was noticed on the way.
struct LoadedConfiguration: Sendable {
    enum Origin: Sendable, Equatable {
        case file(String)
        /// No file anywhere: the built-in development configuration.
        case development
    }

    var configuration: Configuration
    var origin: Origin
    var warnings: [ConfigurationIssue]

    /// What messages call the place it came from.
    var place: String {
        switch origin {
        case .file(let path): path
        case .development: "the built-in configuration"
        }
    }
}

/// Finds, reads and checks the configuration.
struct ConfigurationLoader: Sendable {
    static let environmentVariable = "WEBHOOK_GATEWAY_CONFIG"
    static let defaultPath = "gateway.json5"

    var environment: [String: String]
    var known: KnownParts
    /// Whether development secrets that do not exist yet are kept.
    var keepsDevelopmentSecrets = true

    init(environment: [String: String] = ProcessInfo.processInfo.environment, known: KnownParts) {
        self.environment = environment
        self.known = known
    }

    /// A loader that leaves nothing behind, for commands that only look.
    static func looking(known: KnownParts) -> ConfigurationLoader {
        var loader = ConfigurationLoader(known: known)
        loader.keepsDevelopmentSecrets = false
        return loader
    }

    /// `path` (from `--config`), else the environment's, else ./gateway.json5, else the development configuration.
    func load(_ path: String?) throws(ConfigurationError) -> LoadedConfiguration {
        if let path { return try read(path, namedBy: "--config") }
        if let path = environment[Self.environmentVariable], !path.isEmpty {
            return try read(path, namedBy: Self.environmentVariable)
        }
        if access(Self.defaultPath, F_OK) == 0 { return try read(Self.defaultPath, namedBy: "") }
        return try development()
    }

    /// Reads and checks the text of a configuration; `place` is what messages call it.
    ///
    /// `folder` holds provider definitions, one a file; nil: none does.
    func parse(
        _ bytes: [UInt8], place: String, folder: String? = nil
    ) throws(ConfigurationError) -> LoadedConfiguration {
        let outline: JSON5Outline
        do throws(JSON5Outline.Failure) {
            outline = try JSON5Outline(bytes)
        } catch {
            let issue = ConfigurationIssue(keyPath: "", message: error.reason, remedy: "")
            throw ConfigurationError(place: "\(place):\(error.line):\(error.column)", issues: [issue])
        }
        let members = try decode(bytes, place: place)
        let notes = ConfigurationReader.Notes(SecretResolver(environment: environment))
        notes.issues = outline.duplicates.map {
            ConfigurationIssue(keyPath: $0, message: "stands twice", remedy: "keep one of them")
        }
        var configuration = Configuration()
        ConfigurationReader.read(&configuration, members, path: "", notes: notes)
        notes.issues += configuration.addProviders(fromFolder: folder)
        notes.issues += configuration.resolveProviders(known, after: notes.issues)
        let issues =
            notes.issues + ConfigurationValidation.issues(configuration, known: known, after: notes.issues)
        guard issues.allSatisfy({ $0.severity == .warning }) else {
            throw ConfigurationError(place: place, issues: issues.filter { $0.severity == .error })
        }
        return LoadedConfiguration(configuration: configuration, origin: .file(place), warnings: issues)
    }
}

extension ConfigurationLoader {
    private func read(_ path: String, namedBy naming: String) throws(ConfigurationError) -> LoadedConfiguration {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try HostFile.read(path)
        } catch {
            let source = naming.isEmpty ? "" : ", named by \(naming),"
            let issue = ConfigurationIssue(
                keyPath: "", message: "the configuration file\(source) cannot be read (\(error))",
                remedy: "check its name and its permissions")
            throw ConfigurationError(place: path, issues: [issue])
        }
        return try parse(bytes, place: path, folder: Self.folder(beside: path))
    }

    /// Where definitions of providers lie: `providers` beside the configuration file.
    private static func folder(beside path: String) -> String? {
        if path == "-" { return nil }
        return path.lastIndex(of: "/").map { "\(path[..<$0])/providers" } ?? "providers"
    }

    private func decode(_ bytes: [UInt8], place: String) throws(ConfigurationError) -> [String: JSONValue] {
        let issue: ConfigurationIssue
        do {
            let value = try JSON5.value(of: bytes)
            if case .object(let members) = value { return members }
            issue = ConfigurationIssue(
                keyPath: "", message: "expected an object, found \(value.kind)", remedy: "begin the file with {")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context) {
            issue = ConfigurationIssue(
                keyPath: context.codingPath.map(\.stringValue).joined(separator: "."),
                message: "this value is not valid JSON5", remedy: "check its quotes and escapes")
        } catch {
            issue = ConfigurationIssue(keyPath: "", message: "not valid JSON5 (\(error))", remedy: "")
        }
        throw ConfigurationError(place: place, issues: [issue])
    }

    private func development() throws(ConfigurationError) -> LoadedConfiguration {
        let place = "the built-in configuration"
        let directory = Configuration().dataDirectory
        var configuration: Configuration
        do throws(ConfigurationIssue) {
            let secrets =
                keepsDevelopmentSecrets
                ? try DevelopmentSecrets.loadOrCreate(in: directory)
                : try DevelopmentSecrets.load(from: directory) ?? .generate()
            configuration = .development(secrets)
        } catch {
            throw ConfigurationError(place: place, issues: [error])
        }
        // Definitions lie beside where the configuration file would be.
        var issues = configuration.addProviders(fromFolder: "providers")
        issues += configuration.resolveProviders(known, after: issues)
        guard issues.isEmpty else { throw ConfigurationError(place: place, issues: issues) }
        return LoadedConfiguration(configuration: configuration, origin: .development, warnings: [])
    }
}

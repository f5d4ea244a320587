import Verifiers

/// What single values cannot tell: whether they go together, and whether what they name exists.
struct ConfigurationValidation {
    /// How many names a guess looks through.
    private static let mostCandidates = 200

    let configuration: Configuration
    private let known: KnownParts
    /// What reading found; a key that could not be read is not judged a second time.
    private let readingIssues: [ConfigurationIssue]
    private let sourceNames: Set<String>
    private let mappingNames: Set<String>
    private var issues: [ConfigurationIssue] = []

    /// Every problem beyond those that reading found.
    static func issues(
        _ configuration: Configuration, known: KnownParts, after readingIssues: [ConfigurationIssue]
    ) -> [ConfigurationIssue] {
        var validation = ConfigurationValidation(
            configuration: configuration, known: known, readingIssues: readingIssues)
        validation.checkListeners()
        validation.checkStore()
        validation.checkVault()
        configuration.sources.forEach { validation.check($0) }
        validation.checkMappings()
        configuration.destinations.forEach { validation.check($0) }
        validation.checkTenantLimits()
        validation.checkWhole()
        return validation.issues
    }

    private init(configuration: Configuration, known: KnownParts, readingIssues: [ConfigurationIssue]) {
        self.configuration = configuration
        self.known = known
        self.readingIssues = readingIssues
        sourceNames = Set(configuration.sources.map(\.name))
        mappingNames = Set(configuration.mappings.keys).union(known.mappingNames).union(ProviderCatalog.names)
    }

    private mutating func checkListeners() {
        let (listen, admin) = (configuration.listen, configuration.admin)
        if listen.port == admin.port, listen.port != 0, listen.host == admin.host || isWildcard(listen.host) {
            error("admin.port", "\(admin.port) is listen.port too", "give the admin port another number")
        }
        if !isLoopback(admin.host), admin.tls == nil, !admin.behindProxy {
            error(
                "admin.host",
                "\(admin.host) is reachable from other machines, and tokens would cross the network in clear",
                "set admin.tls, or admin.behindProxy: true when a proxy before it speaks TLS, or host 127.0.0.1")
        }
        if let jwt = admin.jwt, !hasReadingIssue("admin.jwt") {
            if jwt.hs256 == nil, jwt.rs256 == nil {
                error("admin.jwt", "has no key", "set hs256 to a shared key or rs256 to a public key")
            } else if jwt.hs256 != nil, jwt.rs256 != nil {
                error("admin.jwt", "has two keys, and the key fixes the algorithm", "keep either hs256 or rs256")
            } else if let key = jwt.rs256, RSAPublicKey(pem: key.bytes) == nil {
                error(
                    "admin.jwt.rs256", "holds no key that can be used",
                    "set it to a public RSA key of 2048 bits or more in PEM (BEGIN PUBLIC KEY)")
            }
        }
    }

    private mutating func checkStore() {
        let (redis, spool) = (configuration.redis, configuration.spool)
        if (redis.clientCertificate == nil) != (redis.clientKey == nil) {
            let missing = redis.clientKey == nil ? "clientKey" : "clientCertificate"
            error("redis.\(missing)", "missing", "a client certificate and its key go together")
        }
        if spool.segmentBytes > spool.maxBytes {
            error("spool.segmentBytes", "larger than spool.maxBytes", "make it a small part of maxBytes")
        }
    }

    private mutating func check(_ source: SourceConfiguration) {
        let path = "sources.\(source.name)"
        if !hasReadingIssue("\(path).provider") { checkProvider(source, path) }
        if source.mapping != source.provider, !mappingNames.contains(source.mapping) {
            unknown("\(path).mapping", "mapping", source.mapping, mappingNames)
        }
    }

    private mutating func checkProvider(_ source: SourceConfiguration, _ path: String) {
        guard let provider = source.providerKind else {
            let names = Set(ProviderCatalog.names).union(configuration.providers.keys)
            if hasReadingIssue("\(path).definition") || hasReadingIssue("providers.\(source.provider)") { return }
            return unknown("\(path).provider", "provider", source.provider, names)
        }
        var settings = source.providerSettings
        // A stand-in, so that secrets that are missing or could not be found do not hide what else is wrong.
        let standIn = [Array("secret".utf8)]
        if hasReadingIssue("\(path).secrets") { settings.secrets = standIn }
        guard let first = invalid(settings, provider) else { return }
        add(first, of: settings, path)
        if first.key == "secrets", settings.secrets != standIn {
            settings.secrets = standIn
            if let second = invalid(settings, provider) { add(second, of: settings, path) }
        }
    }

    private func invalid(_ settings: ProviderSettings, _ provider: ProviderKind) -> InvalidSettings? {
        do throws(InvalidSettings) {
            _ = try provider.provider(settings)
            return nil
        } catch {
            return error
        }
    }

    private mutating func add(_ invalid: InvalidSettings, of settings: ProviderSettings, _ path: String) {
        if hasReadingIssue("\(path).\(invalid.key)") { return }
        let isMissing =
            switch invalid.key {
            case "secrets": settings.secrets.isEmpty
            case "notificationURL": settings.notificationURL == nil
            case "verifyToken": settings.verifyToken == nil
            case "allowUnauthenticated": !settings.allowUnauthenticated
            default: false
            }
        if isMissing {
            error("\(path).\(invalid.key)", "missing", invalid.reason)
        } else {
            error("\(path).\(invalid.key)", invalid.reason, "")
        }
    }

    private mutating func checkMappings() {
        for name in configuration.mappings.keys.sorted() {
            // What is wrong with a mapping is wrong with all that extend it.
            issues += known.mappingIssues(name, configuration.mappings).filter { !issues.contains($0) }
        }
    }

    private mutating func check(_ destination: DestinationConfiguration) {
        let path = "destinations.\(destination.name)"
        if !hasReadingIssue("\(path).type") {
            if known.destinationTypes.contains(destination.type) {
                issues += known.destinationIssues(destination).map { $0.below(path) }.filter {
                    !hasReadingIssue($0.keyPath)
                }
            } else {
                unknown("\(path).type", "destination type", destination.type, known.destinationTypes)
            }
        }
        if destination.retry.baseSeconds > destination.retry.maxSeconds {
            error("\(path).retry.baseSeconds", "longer than retry.maxSeconds", "the first wait is the shortest")
        }
        for (index, pattern) in destination.filter.sources.enumerated()
        where !pattern.contains("*") && !sourceNames.contains(pattern) {
            let candidates = configuration.sources.prefix(Self.mostCandidates).map(\.name)
            let guess = NearestName.to(pattern, among: candidates).map { "did you mean \($0)?" }
            warning(
                "\(path).filter.sources[\(index)]", "no source is named \(TextRule.quoted(pattern))",
                guess ?? "events of that name will never come")
        }
        for (key, value) in destination.settings.sorted(by: { $0.key < $1.key }) {
            if case .text(let text) = value, text.hasPrefix("env:") || text.hasPrefix("file:") {
                error("\(path).settings.\(key)", "settings hold no secrets", "move it to credentials")
            }
        }
    }

    private mutating func checkWhole() {
        if !configuration.sources.contains(where: \.enabled), !hasReadingIssue("sources") {
            warning("sources", "no source is enabled", "every delivery will be answered 404; add one")
        }
        let usesForwarder = configuration.sources.contains { $0.enabled && $0.queues.contains("events") }
        if usesForwarder, !configuration.destinations.contains(where: \.enabled), !hasReadingIssue("destinations") {
            warning("destinations", "no destination is enabled", "events are archived and go nowhere; add one")
        }
    }
}

extension ConfigurationValidation {
    func hasReadingIssue(_ keyPath: String) -> Bool {
        readingIssues.contains { issue in
            issue.severity == .error
                && (issue.keyPath == keyPath || issue.keyPath.hasPrefix("\(keyPath).")
                    || issue.keyPath.hasPrefix("\(keyPath)["))
        }
    }

    mutating func error(_ keyPath: String, _ message: String, _ remedy: String) {
        issues.append(ConfigurationIssue(keyPath: keyPath, message: message, remedy: remedy))
    }

    mutating func warning(_ keyPath: String, _ message: String, _ remedy: String) {
        issues.append(ConfigurationIssue(keyPath: keyPath, message: message, remedy: remedy, severity: .warning))
    }

    private mutating func unknown(_ keyPath: String, _ what: String, _ name: String, _ names: Set<String>) {
        let guess = NearestName.to(name, among: names.sorted()).map { "did you mean \($0)? " } ?? ""
        let list = names.sorted().joined(separator: ", ")
        error(keyPath, "no \(what) is named \(TextRule.quoted(name))", "\(guess)there are \(list)")
    }

    private func isWildcard(_ host: String) -> Bool {
        IPAddress(host)?.isUnspecified ?? false
    }

    func isLoopback(_ host: String) -> Bool {
        host == "localhost" || IPAddress(host)?.isLoopback ?? false
    }
}

extension ConfigurationIssue {
    /// The same issue with its key path inside another.
    fileprivate func below(_ path: String) -> ConfigurationIssue {
        var issue = self
        issue.keyPath = keyPath.isEmpty ? path : "\(path).\(keyPath)"
        return issue
    }
}

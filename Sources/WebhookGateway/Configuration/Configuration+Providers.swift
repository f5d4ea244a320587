import Glibc
import Verifiers

extension Configuration {
    /// Reads the operator's definitions from a folder, one a file `NAME.json5`; returns what is wrong with them.
    mutating func addProviders(fromFolder folder: String?) -> [ConfigurationIssue] {
        guard let folder, let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var files: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json5"), !name.hasPrefix(".") { files.append(name) }
        }
        return files.sorted().compactMap { addProvider(fromFile: "\(folder)/\($0)", named: String($0.dropLast(6))) }
    }

    private mutating func addProvider(fromFile path: String, named name: String) -> ConfigurationIssue? {
        let keyPath = "providers.\(name)"
        guard providers[name] == nil else {
            return ConfigurationIssue(
                keyPath: keyPath, message: "stands in the file and in \(path)", remedy: "keep one")
        }
        do {
            providers[name] = try JSON5.value(of: try HostFile.read(path))
            return nil
        } catch let error as JSON5Outline.Failure {
            return ConfigurationIssue(
                keyPath: keyPath, message: "\(path):\(error.line):\(error.column): \(error.reason)", remedy: "")
        } catch {
            return ConfigurationIssue(keyPath: keyPath, message: "\(path) cannot be read (\(error))", remedy: "")
        }
    }

    /// Finds what each source's provider is; returns what is wrong with the operator's definitions.
    mutating func resolveProviders(
        _ known: KnownParts, after readingIssues: [ConfigurationIssue]
    ) -> [ConfigurationIssue] {
        var issues: [ConfigurationIssue] = []
        for name in providers.keys.sorted() {
            if let problem = TextRule.sourceName.problem(name) {
                issues.append(ConfigurationIssue(keyPath: "providers.\(name)", message: problem, remedy: "rename it"))
            }
            do throws(ConfigurationError) {
                // A definition's mapping, perhaps inherited, is one of the mappings.
                if case .declared(let definition)? = try known.provider(name, providers, [:]), mappings[name] == nil,
                    let mapping = definition.mapping
                {
                    mappings[name] = try? JSON5.value(of: Array(mapping.utf8))
                }
            } catch {
                issues += error.issues.filter { !issues.contains($0) }
            }
        }
        let refused = Set(issues.map { $0.keyPath.split(separator: ".").prefix(2).joined(separator: ".") })
        // Most sources have a provider as it is, and thousands may have the same.
        var kinds: [String: ProviderKind] = [:]
        for index in sources.indices where !refused.contains("providers.\(sources[index].provider)") {
            do throws(ConfigurationError) {
                let (name, isChanged) = (sources[index].provider, !sources[index].definition.isEmpty)
                let kind =
                    if !isChanged, let met = kinds[name] { met } else {
                        try known.provider(name, providers, sources[index].definition)
                    }
                if !isChanged { kinds[name] = kind }
                // A provider in Swift is known by its name alone.
                if case .declared? = kind { sources[index].kind = kind }
            } catch {
                issues += error.issues.map { issue in
                    ConfigurationIssue(
                        keyPath: "sources.\(sources[index].name).\(issue.keyPath)", message: issue.message,
                        remedy: issue.remedy)
                }
            }
        }
        return issues
    }
}

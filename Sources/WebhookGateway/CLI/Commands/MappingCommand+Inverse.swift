import Verifiers

extension MappingCommand {
    /// Prints what the provider would have sent for each event of the files; without files, what cannot be undone.
    func invert(
        _ files: [String], _ source: SourceConfiguration, _ configuration: Configuration
    ) throws -> ExitCode {
        let rules = try MappingCatalog(overrides: configuration.mappings).rules(named: source.mapping)
        let mapper = InverseMapper(provider: source.provider, rules: rules)
        if files.isEmpty {
            let obstacles = mapper.obstacles
            for (rule, fields) in obstacles { print(rule: rule, type: nil, fields) }
            if obstacles.isEmpty { Terminal.printError("every rule can be undone") }
            return obstacles.isEmpty ? .success : .failure
        }
        var isRight = true
        for file in files {
            for event in Self.events(try CommandFile.read(file)) {
                do {
                    let json = try mapper.made(of: InverseEvent(event)).json
                    Terminal.print(isJSON ? String(decoding: json, as: UTF8.self) : JSONLayoutPrinter.indented(json))
                } catch let failure as InverseFailure {
                    print(rule: failure.rule, type: failure.type, failure.fields)
                    isRight = false
                } catch let malformed as MalformedEvent {
                    throw UsageError("\(file): \(malformed)")
                }
            }
        }
        return isRight ? .success : .failure
    }

    private func print(rule: String?, type: String?, _ fields: [InverseFailure.Field]) {
        if isJSON {
            var line = JSONLine()
            line.add("inverse", false)
            if let type { line.add("type", type) }
            line.add("rule", rule)
            line.add("fields", list: fields.map { Array(JSONValue.text($0.description).json.utf8) })
            return Terminal.print(line.text)
        }
        let subject = [type.map { VisibleText.escaped($0) }, rule.map { "the rule \"\($0)\"" }].compactMap { $0 }
        Terminal.print("\(subject.joined(separator: ", ")) cannot be undone:")
        for field in fields { Terminal.print("  \(VisibleText.escaped(field.description))") }
    }

    /// One event, or one a line.
    private static func events(_ bytes: [UInt8]) -> [[UInt8]] {
        var document = JSONDocument()
        if (try? document.read(bytes[...])) != nil { return [bytes] }
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) }
        return lines.isEmpty ? [bytes] : lines
    }
}

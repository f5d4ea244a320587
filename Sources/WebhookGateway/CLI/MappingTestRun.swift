import Verifiers

/// Runs the tests that mappings and providers' definitions carry, without side effects and without their secrets.
struct MappingTestRun {
    /// What became of one test.
    struct Outcome: Equatable {
        /// Where it stands: "mappings.shop".
        var place: String
        var test: String
        /// What differs; empty: the test has passed.
        var problems: [Problem]

        var hasPassed: Bool { problems.isEmpty }

        /// `{"place":…,"test":…,"passed":…,"problems":[…]}`
        var json: String {
            var line = JSONLine()
            line.add("place", place)
            line.add("test", test)
            line.add("passed", hasPassed)
            line.add("problems", list: problems.map(\.json))
            return line.text
        }

        /// Prints the verdict, and below it every place that differs.
        func print(isJSON: Bool) {
            if isJSON { return Terminal.printJSON(json) }
            Terminal.print(VisibleText.escaped("\(place): \(test): \(hasPassed ? "passed" : "failed")"))
            for problem in problems { Terminal.print(VisibleText.escaped("  \(problem.description)")) }
        }
    }

    /// One difference between what was expected and what came.
    struct Problem: Equatable {
        /// Where in the event ("data.amount.minor"); with several events "[1].type".
        var path: String
        /// As JSON; nil: nothing is expected there.
        var expected: String?
        var got: String?

        /// "data.amount.minor: expected 1999, got 1900".
        var description: String { "\(path): expected \(expected ?? "nothing"), got \(got ?? "nothing")" }

        var json: [UInt8] {
            var line = JSONLine()
            line.add("path", path)
            line.add("expected", expected)
            line.add("got", got)
            return line.json
        }
    }

    /// A mapping with tests, and whose deliveries it is for.
    private struct Group {
        var place: String
        var provider: String
        var rules: MappingRules
        var tests: [MappingTest]
    }

    private let configuration: Configuration
    private let groups: [Group]

    /// Finds every test of a configuration.
    init(_ configuration: Configuration) throws(ConfigurationError) {
        self.configuration = configuration
        let catalog = MappingCatalog(overrides: configuration.mappings)
        var groups: [Group] = []
        for name in configuration.mappings.keys.sorted() {
            let rules = try catalog.rules(named: name)
            // A definition's mapping stands among the mappings, too, under the provider's name.
            let isDefined = configuration.providers[name] != nil
            let user = configuration.sources.first { $0.mapping == name }?.provider
            groups.append(
                Group(
                    place: isDefined ? "providers.\(name)" : "mappings.\(name)", provider: user ?? name, rules: rules,
                    tests: rules.tests))
        }
        for (name, value) in configuration.providers.sorted(by: { $0.key < $1.key }) {
            let tests = try DefinitionReader.tests(value, named: name, at: "providers.\(name)")
            let rules = try configuration.mappings[name] == nil ? nil : catalog.rules(named: name)
            groups.append(
                Group(
                    place: "providers.\(name)", provider: name, rules: rules ?? MappingRules(rules: []), tests: tests))
        }
        self.groups = groups.filter { !$0.tests.isEmpty }
    }

    /// Every test in order.
    func outcomes() -> [Outcome] {
        groups.flatMap { group in
            group.tests.map { Outcome(place: group.place, test: $0.name, problems: problems($0, group)) }
        }
    }

    private func problems(_ test: MappingTest, _ group: Group) -> [Problem] {
        let results: [MappingTrial.Outcome]
        do {
            results = try self.results(test, group)
        } catch let error as MalformedBody {
            return quarantineProblems(test, error.reason)
        } catch let error as UsageError {
            return [Problem(path: "input", expected: "a delivery", got: error.description)]
        } catch {
            return [Problem(path: "provider", expected: "one that reads the input", got: "\(error)")]
        }
        var problems: [Problem] = []
        if results.count != test.expected.count {
            problems.append(Problem(path: "events", expected: "\(test.expected.count)", got: "\(results.count)"))
        }
        for (index, (expected, result)) in zip(test.expected, results).enumerated() {
            let found = Self.problems(expected, result, isExact: test.isExact)
            let prefix = test.expected.count > 1 ? "[\(index)]." : ""
            problems += found.map { Problem(path: prefix + $0.path, expected: $0.expected, got: $0.got) }
        }
        return problems
    }

    private func results(_ test: MappingTest, _ group: Group) throws -> [MappingTrial.Outcome] {
        var request: CapturedRequest
        switch test.input {
        case .body(let value):
            request = CapturedRequest()
            request.body = Array(value.json.utf8)
            request.headers = [("Content-Type", "application/json")]
        case .file(let path): request = CapturedRequest(deliveredBy: try CommandFile.read(path))
        }
        let own = Set(test.headers.map { $0.name.lowercased() })
        request.headers = request.headers.filter { !own.contains($0.name.lowercased()) } + test.headers
        let name = test.provider ?? group.provider
        guard let kind = try ProviderLibrary(own: configuration.providers).kind(named: name) else {
            throw UsageError(
                "no source has this mapping and no provider has its name; add provider: \"stripe\" to the test, say")
        }
        var source = SourceConfiguration(name: group.place.split(separator: ".").last.map(String.init) ?? name)
        source.provider = name
        var trial = MappingTrial(
            source, provider: try kind.unproven(), mapper: Mapper(provider: name, rules: group.rules))
        return try trial.outcomes(of: request)
    }

    private func quarantineProblems(_ test: MappingTest, _ reason: String) -> [Problem] {
        if case .quarantined(let fields)? = test.expected.first, fields.isEmpty { return [] }
        return [Problem(path: "event", expected: "to be made", got: "a body that cannot be read: \(reason)")]
    }

    private static func problems(
        _ expected: MappingTest.Expectation, _ result: MappingTrial.Outcome, isExact: Bool
    ) -> [Problem] {
        switch (expected, result) {
        case (.quarantined(let fields), .failure(let failure)):
            let failed = failure.fields.map(\.target)
            return fields.filter { !failed.contains($0) }.map {
                Problem(path: $0, expected: "to fail", got: "failures of \(failed.joined(separator: ", "))")
            }
        case (.quarantined, .event(let json)):
            let type = (try? Event(json: json))?.type
            return [Problem(path: "event", expected: "to be quarantined", got: type.map { "an event \($0)" })]
        case (.event, .failure(let failure)):
            return failure.fields.map { Problem(path: "data.\($0.target)", expected: "a value", got: $0.description) }
        case (.event(let value), .event(let json)): return differences(value, json, isExact: isExact)
        }
    }

    private static func differences(_ value: JSONValue, _ json: [UInt8], isExact: Bool) -> [Problem] {
        var expected = JSONDocument()
        var found = JSONDocument()
        do throws(JSONError) {
            try expected.read(Array(value.json.utf8)[...])
            try found.read(json[...])
        } catch {
            return [Problem(path: "expect", expected: "JSON", got: error.description)]
        }
        var differences: [JSONDifference] = []
        for child in expected.children(of: .root) {
            let name = expected.name(of: child) ?? ""
            guard let other = found.member(named: name) else {
                if !expected.isNull(child) {
                    differences.append(
                        JSONDifference(path: name, expected: String(decoding: expected.text(of: child), as: UTF8.self)))
                }
                continue
            }
            differences += JSONDifference.all(
                expected: child, of: expected, found: other, of: found, isWhole: isExact && name == "data", under: name)
        }
        return differences.map { Problem(path: $0.path, expected: $0.expected, got: $0.found) }
    }
}

extension ProviderKind {
    /// The provider with stand-ins for what only proof of authenticity needs.
    fileprivate func unproven() throws(InvalidSettings) -> any Provider {
        let settings = ProviderSettings(
            secrets: [Array("test".utf8)], notificationURL: "https://example.com/webhooks/test",
            verifyToken: Array("test".utf8), allowUnauthenticated: true)
        guard case .declared(var definition) = self else { return try provider(settings) }
        definition.proofs = [Proof(kind: .none)]
        return try ProviderKind.declared(definition).provider(settings)
    }
}

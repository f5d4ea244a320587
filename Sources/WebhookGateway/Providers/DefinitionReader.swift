import Verifiers

/// Reads a provider's definition from the definition language (docs/add-a-provider.md); everything that is wrong with it
/// is reported together.
struct DefinitionReader {
    let problems: MappingProblems

    /// Reads a definition; `keyPath` is where it stands.
    static func read(
        _ value: JSONValue, named name: String, at keyPath: String
    ) throws(ConfigurationError) -> ProviderDefinition {
        let reader = DefinitionReader(problems: MappingProblems())
        let definition = reader.definition(value, named: name, at: keyPath)
        guard reader.problems.issues.isEmpty else {
            throw ConfigurationError(place: "provider \(name)", issues: reader.problems.issues)
        }
        return definition
    }

    /// The tests that a definition carries beside its vectors (docs/mappings.md).
    static func tests(
        _ value: JSONValue, named name: String, at keyPath: String
    ) throws(ConfigurationError) -> [MappingTest] {
        guard case .object(let members) = value else { return [] }
        let problems = MappingProblems()
        let tests = MappingTestReader(problems: problems).tests(
            StrictObject(members: members, keyPath: keyPath, problems: problems))
        guard problems.issues.isEmpty else {
            throw ConfigurationError(place: "provider \(name)", issues: problems.issues)
        }
        return tests
    }

    private func definition(_ value: JSONValue, named name: String, at keyPath: String) -> ProviderDefinition {
        var definition = ProviderDefinition(name: name, title: name)
        let keys = [
            "title", "documentation", "setup", "facts", "proof", "proofs", "body", "event", "handshakes", "answers",
            "sampleHeaders", "vectors", "mapping", "tests", "lookup",
        ]
        guard let object = StrictObject(value, at: keyPath, keys: keys, problems) else { return definition }
        definition.title = object.text("title") ?? name
        definition.documentation = object.text("documentation")
        definition.setup = object.texts("setup")
        definition.facts = object.textMembers("facts").map { .init(name: $0.name, text: $0.text) }
        if object["proof"] != nil, object["proofs"] != nil {
            problems.add(object.path("proofs"), "stands beside \"proof\"", "keep one of the two")
        }
        let proofs = object.list("proof") + object.list("proofs")
        let reader = ProofReader(problems: problems)
        definition.proofs = proofs.compactMap { reader.proof($0.value, at: $0.path) }
        if proofs.isEmpty {
            problems.add(
                object.path("proof"), "is missing", "say how deliveries prove themselves; kind: \"none\" if not")
        }
        if object["body"] != nil { definition.contents = object.list("body").compactMap(content) }
        if let event = object["event"] {
            definition.events = EventRulesReader(problems: problems).rules(event, at: object.path("event"))
        }
        definition.handshakes = object.list("handshakes").compactMap { handshake($0.value, at: $0.path) }
        definition.answers = answers(object)
        if let lookup = object["lookup"] {
            definition.lookup = LookupReader(problems: problems).lookup(lookup, at: object.path("lookup"))
        }
        definition.sampleHeaders = object.textMembers("sampleHeaders").map { .init(name: $0.name, value: $0.text) }
        definition.vectors = object.list("vectors").compactMap {
            VectorReader(problems: problems).vector($0.value, at: $0.path)
        }
        _ = MappingTestReader(problems: problems).tests(object)
        if let mapping = object["mapping"] {
            definition.mapping = mapping.json
            do throws(ConfigurationError) {
                _ = try MappingRules(mapping, at: object.path("mapping"))
            } catch {
                for issue in error.issues { problems.add(issue.keyPath, issue.message, issue.remedy) }
            }
        }
        return definition
    }

    private func content(_ value: JSONValue, at path: String) -> BodyContent? {
        switch value {
        case .text("json"): return .json
        case .text("form"), .text("multipart"): return .form
        case .text("xml"), .text("soap"): return .xml
        case .object(let members) where Array(members.keys) == ["formField"]:
            if case .text(let name)? = members["formField"], !name.isEmpty { return .formField(name) }
        default: break
        }
        problems.add(
            path, "is no kind of body",
            "it is \"json\", \"form\", \"xml\", or { formField: \"payload\" } for JSON in a form's field")
        return nil
    }

    private func handshake(_ value: JSONValue, at path: String) -> HandshakeRule? {
        let keys = [
            "methods", "when", "value", "code", "verifyToken", "signed", "status", "contentType", "answer",
            "echoHeader",
        ]
        guard let object = StrictObject(value, at: path, keys: keys, problems) else { return nil }
        let methods = object.texts("methods")
        for method in methods where !["GET", "HEAD", "POST"].contains(method) {
            problems.add(object.path("methods"), "\"\(method)\" is not accepted", "it is GET, HEAD or POST")
        }
        var rule = HandshakeRule(methods: methods.isEmpty ? ["GET"] : methods)
        let reader = PlaceReader(problems: problems)
        rule.conditions = reader.conditions(object, "when")
        if methods.contains("POST"), rule.conditions.isEmpty {
            problems.add(object.path("when"), "is missing", "say how the request is told from a delivery")
        }
        rule.value = reader.places(object, "value").first
        rule.verifyToken = reader.places(object, "verifyToken").first
        rule.isSigned = object.boolean("signed")
        rule.status = object.integer("status", default: 200)
        if !(200...299).contains(rule.status) {
            problems.add(object.path("status"), "\(rule.status) is no success", "set it to 200 to 299")
        }
        rule.body = object.text("answer") ?? ""
        rule.contentType =
            object.text("contentType") ?? (rule.body.hasPrefix("{\"") ? "application/json" : "text/plain")
        rule.echoHeader = object.text("echoHeader")
        if let code = object["code"],
            let inner = StrictObject(code, at: object.path("code"), keys: ["algorithm", "encoding"], problems)
        {
            let choices = ProofReader(problems: problems)
            rule.code = .init(
                algorithm: choices.choice(inner, "algorithm", .sha256),
                encoding: choices.choice(inner, "encoding", .hex))
        }
        if rule.body.contains("{code}"), rule.code == nil {
            problems.add(object.path("answer"), "holds {code}, and nothing says how it is made", "add code: { }")
        }
        return rule
    }

    private func answers(_ object: StrictObject) -> AnswerRules {
        var rules = AnswerRules()
        guard let value = object["answers"],
            let answers = StrictObject(value, at: object.path("answers"), keys: ["accepted", "refused"], problems)
        else { return rules }
        if let accepted = answers["accepted"],
            let inner = StrictObject(
                accepted, at: answers.path("accepted"), keys: ["contentType", "body"], problems)
        {
            rules.acceptedContentType = inner.text("contentType") ?? "text/plain"
            rules.acceptedBody = inner.text("body") ?? ""
        }
        if answers["refused"] != nil {
            let status = answers.integer("refused", default: 401)
            if (400...599).contains(status) {
                rules.refusedStatus = status
            } else {
                problems.add(answers.path("refused"), "\(status) is no refusal", "set it to 400 to 599")
            }
        }
        return rules
    }
}

import Verifiers

/// Sources and destinations as managed resources: those of the file to look at, those of the store to change.
enum IntegrationRoutes {
    static let id = Shape.Member("id", .text(longest: 100), "`sources.<key>` or `destinations.<key>`")
    static let ifMatch = Shape.Member(
        "If-Match", .text(longest: 40), "the version that the change is made from; another one there is a conflict")
    private static let integration = Shape.record(IntegrationView.shape)

    /// As an answer that shows a secret this once.
    private static let withSecret = Shape.object(
        Shape.requiring(IntegrationView.shape) + [
            Shape.Member("secret", .string, "the secret that was made up; it is shown this once")
        ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/integrations", "integrations.list", "Sources and destinations, declared and managed",
            .role(.viewer),
            query: [
                Shape.Member("kind", .choice(Integration.Kind.allCases.map(\.rawValue))),
                Shape.Member("type", .name), Shape.Member("tenant", .name),
                Shape.Member("origin", .choice(IntegrationView.Origin.allCases.map(\.rawValue))),
                Shape.Member("q", .text(), "a part of id, name, type or description"), .limit, .cursor,
            ],
            answer: .page("Integrations, by id.", of: integration), handle: list),
        Route(
            .post, "/api/v1/integrations", "integrations.create", "Add a source or a destination", .role(.admin),
            body: .object(
                [
                    Shape.Member("kind", .choice(Integration.Kind.allCases.map(\.rawValue)), required: true),
                    Shape.Member("type", .name, required: true, "a provider, or a destination type"),
                    Shape.Member("key", .name, "its name in URLs and commands; made up when absent"),
                    Shape.Member("tenant", .name, "whose it is; the token's, or `default`"),
                    Shape.Member("generateSecret", .boolean, "of a source: make up its secret and show it this once"),
                    Shape.Member(
                        "skipCheck", .boolean,
                        "add it although its service cannot be asked, where the type is checked first"),
                ] + IntegrationDraft.changeable),
            answer: .json("The integration.", withSecret, status: .created),
            problems: [.conflict, .unprocessableContent, .tooManyRequests], handle: create),
        Route(
            .get, "/api/v1/integrations/{id}", "integrations.show", "One integration", .role(.viewer),
            parameters: [id], answer: .json("The integration; `ETag` names its version.", integration), handle: show),
        Route(
            .patch, "/api/v1/integrations/{id}", "integrations.update", "Change an integration", .role(.admin),
            parameters: [id], headers: [ifMatch], body: .object(IntegrationDraft.changeable),
            answer: .json("The integration as it is now.", integration), problems: [.conflict, .unprocessableContent]
        ) { request, services in
            let desk = try services.desk(of: request.principal)
            let draft = IntegrationDraft(request)
            let changed = try await desk.change(
                try known(request), expected: try expected(request), try draft.credentials()
            ) { (integration) throws(Problem) in try draft.apply(to: &integration) }
            return try await answer(changed, services)
        },
        removal,
        toggle("enable", true, "Let it be in force; one that is drained is not deleted then"),
        toggle("disable", false, "Let it rest; nothing of it is lost"),
        Route(
            .post, "/api/v1/integrations/{id}/test", "integrations.test",
            "Say whether it can work: a destination is asked about its credentials, once a second, five times at once",
            .role(.operator),
            parameters: [id],
            answer: .json(
                "What was found, and what that proves.",
                .record([
                    Shape.Member("id", .string),
                    Shape.Member("result", .choice(["verified", "unverifiable", "failed"])),
                    Shape.Member("category", .optional(.string)), Shape.Member("explanation", .string),
                ])), problems: [.conflict, .unprocessableContent, .tooManyRequests], handle: test),
        Route(
            .post, "/api/v1/integrations/{id}/rotate-secret", "integrations.rotate",
            "Give a source a new secret; the one before is accepted beside it until it is taken away", .role(.admin),
            parameters: [id], headers: [ifMatch],
            body: .object([
                Shape.Member("secret", .text(longest: 1000), "the provider's new secret; made up when absent")
            ]), isBodyOptional: true,
            answer: .json("The integration.", withSecret), problems: [.conflict, .unprocessableContent],
            handle: rotate),
    ]

    private static func toggle(_ verb: String, _ enabled: Bool, _ summary: String) -> Route {
        Route(
            .post, "/api/v1/integrations/{id}/\(verb)", "integrations.\(verb)", summary, .role(.admin),
            parameters: [id], headers: [ifMatch], answer: .json("The integration.", integration),
            problems: [.conflict, .unprocessableContent]
        ) { request, services in
            let desk = try services.desk(of: request.principal)
            let changed = try await desk.change(try known(request), expected: try expected(request)) {
                (integration) throws(Problem) in integration.turn(on: enabled)
            }
            return try await answer(changed, services)
        }
    }

    // MARK: Requests

    static func known(_ request: AdminRequest) throws(Problem) -> Integration.ID {
        guard let id = Integration.ID(request.path("id")) else {
            throw Problem(.notFound, "There is no integration \(TextRule.quoted(request.path("id"))).")
        }
        return id
    }

    /// The version that the request names.
    static func expected(_ request: AdminRequest) throws(Problem) -> Int? {
        guard let field = request.headers.first("if-match") else { return nil }
        var text = String(decoding: field, as: UTF8.self)
        if text == "*" { return nil }
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count > 1 { text = String(text.dropFirst().dropLast()) }
        guard let version = Int(text) else {
            throw Problem(.conflict, "If-Match is an integration's version, such as \"3\".")
        }
        return version
    }

    // MARK: Looking

    @ControlPlane
    private static func list(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let after = try request.cursor { Integration.ID($0)?.description }
        let declared =
            services.declared.sources.map { IntegrationView($0) }
            + services.declared.destinations.map { IntegrationView($0) }
        let managed = services.catalog?.integrations(of: request.principal.tenant).map { IntegrationView($0) } ?? []
        let word = request.query("q")?.lowercased()
        let damaged = services.catalog?.damaged.map { IntegrationView(damaged: $0) } ?? []
        let found = (declared + managed + damaged).filter { view in
            guard request.principal.sees(view.tenant), after.map({ view.id.description > $0 }) ?? true else {
                return false
            }
            func matches(_ name: String, _ value: String?) -> Bool { request.query(name).map { $0 == value } ?? true }
            guard matches("kind", view.id.kind.rawValue), matches("type", view.type), matches("tenant", view.tenant),
                matches("origin", view.origin.rawValue)
            else { return false }
            guard let word else { return true }
            return [view.id.description, view.name, view.type, view.description].contains {
                $0.lowercased().contains(word)
            }
        }.sorted { $0.id.description < $1.id.description }
        var page = Array(found.prefix(request.limit))
        try await IntegrationConditions(services: services).add(to: &page)
        return .page(
            page.map(\.line.json), next: found.count > page.count ? page.last?.id.description : nil)
    }

    @ControlPlane
    private static func show(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let id = try known(request)
        switch try await services.integrations.record(id, of: request.principal.tenant) {
        case .integration(let integration)?: return try await answer(integration, services)
        case .damaged?: return try await answer(IntegrationView(damaged: id), services)
        case nil: break
        }
        let declared: IntegrationView? =
            switch id.kind {
            case .source: services.declared.source(named: id.key).map { IntegrationView($0) }
            case .destination: services.declared.destination(named: id.key).map { IntegrationView($0) }
            }
        guard let declared, request.principal.sees(declared.tenant) else {
            throw Problem(.notFound, "There is no integration \(TextRule.quoted(id.description)).")
        }
        return try await answer(declared, services)
    }

    // MARK: Changing

    @ControlPlane
    private static func create(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        guard let kind = request.text("kind").flatMap(Integration.Kind.init(rawValue:)),
            let type = request.text("type")
        else { throw Problem(.badRequest, "kind and type are needed.") }
        let key = request.text("key") ?? madeUpKey(for: type)
        if let problem = TextRule.sourceName.problem(key) {
            throw Problem(.unprocessableContent, "The key \(problem).")
        }
        let now = Clock.unixMilliseconds()
        let tenant = request.text("tenant") ?? request.principal.tenant ?? SourceConfiguration(name: "").tenant
        var integration = Integration(
            id: Integration.ID(kind: kind, key: key), tenant: tenant, type: type, name: request.text("name") ?? key,
            createdAt: now, updatedAt: now)
        integration.filter.tenants = [tenant]
        let draft = IntegrationDraft(request)
        try draft.apply(to: &integration)
        var credentials = try draft.credentials()
        var secret: String?
        if request.flag("generateSecret") {
            guard kind == .source, credentials[Integration.secretName] == nil else {
                throw Problem(.unprocessableContent, "generateSecret is for a source that is given no secret.")
            }
            let made = SourceSecret.make(for: type)
            credentials[Integration.secretName] = made
            secret = made
        }
        let skipsCheck = request.flag("skipCheck") || !IntegrationRules.isCheckedFirst(integration)
        if !skipsCheck { try services.outbound.take(request.principal) }
        let desk = try services.desk(of: request.principal)
        return try await answer(
            try await desk.add(integration, credentials, skipsCheck: skipsCheck), services,
            status: .created, secret: secret)
    }

    /// `stripe-7k2m9x`.
    private static func madeUpKey(for type: String) -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let random = (0..<6).compactMap { _ in letters.randomElement() }
        return "\(type.lowercased().replacing(".", with: "-").prefix(48))-\(String(random))"
    }

    @ControlPlane
    private static func rotate(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let id = try known(request)
        guard id.kind == .source else {
            throw Problem(.unprocessableContent, "A destination's credentials come from its service; set them anew.")
        }
        let desk = try services.desk(of: request.principal)
        let integration = try await desk.integration(id)
        let made = request.text("secret") == nil ? SourceSecret.make(for: integration.type) : nil
        var credentials: IntegrationDraft.NewCredentials = [
            Integration.secretName: request.text("secret") ?? made
        ]
        if let current = try await desk.opened(integration)[Integration.secretName] {
            credentials[Integration.previousSecretName] = current.text
        }
        let changed = try await desk.change(
            id, expected: try expected(request) ?? integration.version, credentials
        ) { (_) throws(Problem) in }
        return try await answer(changed, services, secret: made)
    }

    // MARK: Testing

    @ControlPlane
    private static func test(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let id = try known(request)
        let desk = try services.desk(of: request.principal)
        let integration = try await desk.integration(id)
        let secrets = try await desk.opened(integration)
        let outcome = IntegrationReader(file: services.declared, known: .builtIn).read([(integration, secrets)]).first
        let check: CredentialCheck
        switch outcome {
        case .destination(let destination)?:
            try services.outbound.take(request.principal, destination: destination.name)
            do throws(InvalidDestination) {
                check = try await CredentialCheck.run(destination)
            } catch {
                throw Problem(.unprocessableContent, "The destination cannot be made: \(error).")
            }
        case .source?:
            check = .unverifiable(
                "The source is complete: deliveries to /webhooks/\(id.key) are proved by its secrets. Whether they are the provider's own shows with the first delivery."
            )
        case .invalid(let issues)?:
            check = CredentialCheck(
                verdict: .failed(.configuration), explanation: issues.map(\.line).joined(separator: "; "))
        case nil: throw Problem(.conflict, "The integration cannot be read.")
        }
        var line = JSONLine()
        line.add("id", id.description)
        line.add("result", check.verdict.word)
        line.add("category", check.verdict.category?.rawValue)
        line.add("explanation", check.explanation)
        return .json(line, note: check.verdict.word)
    }

    // MARK: Answers

    @ControlPlane
    private static func answer(
        _ integration: Integration, _ services: AdminServices, status: HTTPStatus = .ok, secret: String? = nil
    ) async throws -> Reply {
        try await answer(IntegrationView(integration), services, status: status, secret: secret)
    }

    @ControlPlane
    private static func answer(
        _ view: IntegrationView, _ services: AdminServices, status: HTTPStatus = .ok, secret: String? = nil
    ) async throws -> Reply {
        var views = [view]
        try await IntegrationConditions(services: services).add(to: &views)
        var line = views[0].line
        if let secret { line.add("secret", secret) }
        var reply = Reply.json(line, status: status, note: view.version.map { "version \($0)" } ?? "")
        if let version = view.version { reply.response.fields.append(("ETag", "\"\(version)\"")) }
        return reply
    }
}

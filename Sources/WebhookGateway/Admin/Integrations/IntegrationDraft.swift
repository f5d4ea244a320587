import Verifiers

/// What a request says of an integration: a new one's members, or a change to those of one that is there.
struct IntegrationDraft {
    /// A credential that the request sets; nil takes it away.
    typealias NewCredentials = [String: String?]

    /// The longest `settings`, `delivery` or credential, in bytes of JSON.
    static let longestMember = 32_768
    /// Members of `settings`, `delivery` or `credentials`: more than any type knows. Each that is unknown costs time, in
    /// which the control plane does nothing else.
    static let mostMembers = 64

    /// Members that a change may name, too.
    static let changeable: [Shape.Member] = [
        Shape.Member("name", .text(longest: 100), "what people call it"),
        Shape.Member("description", .optional(.text(longest: 1000))),
        Shape.Member("enabled", .boolean),
        Shape.Member(
            "filter",
            .object([
                Shape.Member("types", .list(.text(), longest: 100), "patterns of event types; all"),
                Shape.Member("sources", .list(.text(), longest: 100), "patterns of sources; all"),
            ]), "of a destination: which events it gets"),
        Shape.Member("settings", .map(.anything), "what its type understands; null takes a member away"),
        Shape.Member(
            "delivery", .map(.anything),
            "of a destination: the keys of its entry in a configuration file that say how it is delivered to"),
        Shape.Member(
            "credentials", .map(.anything),
            "by the type's names; of a source `secret`, `previousSecret`, `verifyToken`; null takes one away"),
    ]

    private let body: JSONDocument

    init(_ request: AdminRequest) { body = request.body }

    func text(_ name: String) -> String? { body.string(of: body.member(named: name)) }

    /// Writes what the request says into the integration; what it does not name stays as it is.
    func apply(to integration: inout Integration) throws(Problem) {
        if let name = text("name") { integration.name = name }
        if let node = body.member(named: "description") { integration.description = body.string(of: node) ?? "" }
        if let enabled = body.boolean(of: body.member(named: "enabled")) { integration.turn(on: enabled) }
        if let filter = body.member(named: "filter") {
            guard integration.id.kind == .destination else {
                throw Problem(.unprocessableContent, "A source has no filter; every delivery to it is taken.")
            }
            if let types = texts("types", of: filter) { integration.filter.types = types }
            if let sources = texts("sources", of: filter) { integration.filter.sources = sources }
        }
        integration.settings = try merged(integration.settings, "settings")
        integration.delivery = try merged(integration.delivery, "delivery")
        guard integration.id.kind == .destination || integration.delivery.isEmpty else {
            throw Problem(.unprocessableContent, "A source has no delivery; its keys are settings.")
        }
    }

    /// The credentials that the request sets or takes away: texts as they are, anything else as its JSON. A reference
    /// such as env:NAME is the text itself: those are honoured in a file on the host alone.
    func credentials() throws(Problem) -> NewCredentials {
        var result: NewCredentials = [:]
        guard let node = body.member(named: "credentials") else { return result }
        try Self.check(count: body.children(of: node).count { _ in true }, of: "credentials")
        for child in body.children(of: node) {
            let name = body.name(of: child) ?? ""
            if let problem = TextRule.name.problem(name) {
                throw Problem(.unprocessableContent, "A credential: \(problem).")
            }
            let text: String
            switch body.kind(of: child) {
            case .null:
                result[name] = .some(nil)
                continue
            case .string: text = body.string(of: child) ?? ""
            default: text = JSONValue(child, in: body).json
            }
            guard !text.isEmpty, text.utf8.count <= Self.longestMember else {
                throw Problem(
                    .unprocessableContent,
                    "The credential \(name) must have 1 to \(Self.longestMember) bytes; null takes it away.")
            }
            result[name] = text
        }
        return result
    }

    private static func check(count: Int, of name: String) throws(Problem) {
        guard count > mostMembers else { return }
        throw Problem(.unprocessableContent, "\(name) has \(count) members; the limit is \(mostMembers).")
    }

    private func texts(_ name: String, of node: JSONDocument.Node) -> [String]? {
        guard let list = body.member(named: name, of: node) else { return nil }
        return body.children(of: list).compactMap { body.string(of: $0) }
    }

    /// As a merge patch (RFC 7396) of the first level.
    private func merged(_ old: [String: JSONValue], _ name: String) throws(Problem) -> [String: JSONValue] {
        guard let node = body.member(named: name) else { return old }
        try Self.check(count: body.children(of: node).count { _ in true }, of: name)
        var result = old
        for child in body.children(of: node) {
            let value = JSONValue(child, in: body)
            result[body.name(of: child) ?? ""] = value == .null ? nil : value
        }
        guard JSONValue.object(result).json.utf8.count <= Self.longestMember else {
            throw Problem(.unprocessableContent, "\(name) is too long; the limit is \(Self.longestMember) bytes.")
        }
        return result
    }
}

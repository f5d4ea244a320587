import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

/// A mapping and a payload, written as text, and what becomes of them.
struct MappingSample {
    let mapper: Mapper

    init(mapper: Mapper) {
        self.mapper = mapper
    }

    /// `rules` is JSON5: a list of rules or a whole mapping.
    init(_ rules: String) throws {
        mapper = Mapper(provider: "shop", rules: try MappingRules(json5: rules, named: "shop"))
    }

    /// One rule for the type `t` with these fields.
    init(fields: String) throws {
        try self.init(#"[{ match: "t", type: "thing.done", fields: { \#(fields) } }]"#)
    }

    /// The event's data as text, and the rest.
    func map(
        _ payload: String, type: String = "t", subject: String? = nil, account: String? = nil
    ) throws -> (data: String, mapped: Mapper.Mapped) {
        var document = JSONDocument()
        try document.read(Array(payload.utf8)[...])
        let event = ProviderEvent(key: "k", type: type, subject: subject, account: account, payload: .root)
        var output = Array("before:".utf8)
        let mapped = try mapper.map(event, in: document, data: &output)
        return (String(decoding: output.dropFirst(7), as: UTF8.self), mapped)
    }

    func data(_ payload: String, type: String = "t") throws -> String {
        try map(payload, type: type).data
    }

    /// The fields that fail.
    func failure(_ payload: String) throws -> MappingFailure {
        try #require(throws: MappingFailure.self) { try map(payload) }
    }
}

/// What a single field `f` becomes: its source is `v` in the payload `{"v": …}`.
func mapped(_ value: String, through transforms: String) throws -> String {
    try MappingSample(fields: #"f: { from: "v", transforms: [\#(transforms)] }"#).data(#"{"v":\#(value)}"#)
}

/// Everything that is wrong with a mapping, one line each.
func problems(_ rules: String) throws -> [String] {
    let error = try #require(throws: ConfigurationError.self) { try MappingRules(json5: rules, named: "m") }
    return error.issues.map(\.line)
}

/// A value from JSON5.
func jsonValue(_ json5: String) throws -> JSONValue {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    return try decoder.decode(JSONValue.self, from: Data(json5.utf8))
}

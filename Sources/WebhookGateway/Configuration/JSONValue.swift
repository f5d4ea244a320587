import FoundationEssentials
import Verifiers

/// Any JSON value, for the parts of the configuration whose keys this program's other parts give meaning to.
enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    case decimal(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// What it is, in words, for "expected … found …".
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "the boolean \(value)"
        case .integer(let value): "the number \(value)"
        case .decimal(let value): "the number \(value)"
        case .text(let value): Self.isHarmless(value) ? "the text \(TextRule.quoted(value))" : "a text"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Numbers and truth values in quotes may be shown in a message; any other text could be a secret in the wrong place.
    private static func isHarmless(_ text: String) -> Bool {
        if ["true", "false", "null", "yes", "no", "on", "off"].contains(text.lowercased()) { return true }
        return (1...8).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .decimal(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if var elements = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !elements.isAtEnd { values.append(try elements.decode(JSONValue.self)) }
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}

extension JSONValue {
    /// The value as minified JSON; members are ordered by name, so that equal values have equal texts.
    var json: String {
        var output: [UInt8] = []
        append(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends the value as minified JSON.
    func append(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .boolean(let value): JSONWriter.append(value, to: &output)
        case .integer(let value): JSONWriter.append(Int64(value), to: &output)
        // JSON has no infinities (RFC 8259 §6), JSON5 has.
        case .decimal(let value): output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .text(let value): JSONWriter.append(value, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.append(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONWriter.append(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.append(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}

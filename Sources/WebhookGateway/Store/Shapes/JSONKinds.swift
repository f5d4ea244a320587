import Verifiers

/// The kinds of JSON value that stand in one place. Whole numbers are told from others, since many languages do.
struct JSONKinds: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let object = JSONKinds(rawValue: 1)
    static let array = JSONKinds(rawValue: 2)
    static let string = JSONKinds(rawValue: 4)
    /// A whole number of 64 bits.
    static let integer = JSONKinds(rawValue: 8)
    /// Any other number.
    static let number = JSONKinds(rawValue: 16)
    static let boolean = JSONKinds(rawValue: 32)
    static let null = JSONKinds(rawValue: 64)

    /// Each kind and its name, in the order in which they are told.
    static let all: [(kind: JSONKinds, name: String)] = [
        (.object, "object"), (.array, "array"), (.string, "string"), (.integer, "integer"), (.number, "number"),
        (.boolean, "boolean"), (.null, "null"),
    ]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The kind of a value.
    init(of node: JSONDocument.Node, in document: JSONDocument) {
        switch document.kind(of: node) {
        case .object: self = .object
        case .array: self = .array
        case .string: self = .string
        case .number: self = document.integer(of: node) == nil ? .number : .integer
        case .boolean: self = .boolean
        case .null: self = .null
        }
    }

    var names: [String] { Self.all.filter { contains($0.kind) }.map(\.name) }

    /// "string or null"; "nothing" when there is none.
    var sentence: String { isEmpty ? "nothing" : names.joined(separator: " or ") }
}

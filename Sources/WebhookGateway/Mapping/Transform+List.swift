import Verifiers

extension Transform {
    /// The parts of a text, empty ones left out; or the part at a place, counted from 0, or from the end below 0.
    static func split(
        _ value: MappedValue, _ separator: [UInt8], _ place: Int?, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue? {
        let text = try text(value, scope)
        let parts = ranges(of: text, between: separator)
        guard let place else { return .list(parts.filter { !$0.isEmpty }.map { .text(Array(text[$0])) }) }
        let wanted = place < 0 ? parts.count + place : place
        return parts.indices.contains(wanted) ? .text(Array(text[parts[wanted]])) : nil
    }

    /// Where the parts of a text stand, empty ones too.
    static func ranges(of text: [UInt8], between separator: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var index = 0
        while index + separator.count <= text.count {
            guard text[index] == separator[0], text[index..<index + separator.count].elementsEqual(separator) else {
                index += 1
                continue
            }
            ranges.append(start..<index)
            index += separator.count
            start = index
        }
        ranges.append(start..<text.count)
        return ranges
    }

    /// One text of a list's elements.
    static func joined(
        _ values: [MappedValue], _ separator: [UInt8], _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue {
        var output: [UInt8] = []
        for value in values where !value.isAbsent(in: scope.document) {
            if !output.isEmpty { output.append(contentsOf: separator) }
            output.append(contentsOf: try text(value, scope))
        }
        return .text(output)
    }
}

/// Words and what they stand for.
struct LookupTable: Sendable {
    /// What becomes of a value that is not in the table.
    enum Otherwise: Sendable {
        case fail
        case keep
        case leaveOut
        case constant(Constant)
    }

    let entries: [[UInt8]: Constant]
    let otherwise: Otherwise

    func value(for value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        if let found = entries[try Transform.text(value, scope)] { return found.value }
        switch otherwise {
        case .fail:
            throw TransformProblem(
                "it is not in the lookup table; add it, or say otherwise: \"…\", otherwise: null or keep: true")
        case .keep: return value
        case .leaveOut: return nil
        case .constant(let constant): return constant.value
        }
    }
}

/// A value that the mapping itself states.
enum Constant: Sendable, Equatable {
    case text([UInt8])
    case number([UInt8])
    case boolean(Bool)

    var value: MappedValue {
        switch self {
        case .text(let text): .text(text)
        case .number(let text): .number(text)
        case .boolean(let value): .boolean(value)
        }
    }
}

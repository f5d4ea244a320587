import Verifiers

/// The shape of a rule's `data`, made ready to be written: the frequent fields as flat instructions over nodes that are
/// looked up together, all others as they are.
///
/// An instruction handles only what it can copy; whatever else a value is, the field itself decides, so that both ways
/// say the same.
final class DataProgram: Sendable {
    private enum Kind: Sendable {
        /// An object of the instructions up to `end`.
        case object
        /// The first path that leads to a scalar, copied or in lower case.
        case scalar(lowercased: Bool)
        /// A whole number of minor units; the currency is at the place `currency`.
        case minorUnits(currency: Int, CurrencyExponents.Scale)
        case attribute(FieldSource.EventAttribute)
        case other
    }

    private struct Instruction: Sendable {
        var kind: Kind
        /// A comma, the name as JSON, a colon.
        var key: [UInt8]
        /// The places of the paths; for an object, the instruction after its last.
        var places: [Int] = []
        var end = 0
        /// Whether there is something to do when no path has a value: a default, or a failure.
        var isDemanding = false
        let target: TargetNode
    }

    private let instructions: [Instruction]
    private let selection: JSONSelection

    init(_ members: [TargetNode]) {
        var compiler = Compiler()
        compiler.add(members)
        instructions = compiler.finished()
        selection = compiler.selection
    }

    /// Appends the object; false and nothing when no member has a value.
    func append(_ scope: MappingScope, _ writer: inout MappingWriter, to output: inout [UInt8]) -> Bool {
        withUnsafeTemporaryAllocation(of: JSONDocument.Node?.self, capacity: selection.count) { nodes in
            selection.resolve(in: scope.document, base: scope.base, payload: scope.payload, into: nodes)
            let start = output.count
            output.append(UInt8(ascii: "{"))
            let hasMembers = instructions.withUnsafeBufferPointer { instructions in
                Self.run(instructions, 0..<instructions.count, UnsafeBufferPointer(nodes), scope, &writer, &output)
            }
            if hasMembers {
                output.append(UInt8(ascii: "}"))
            } else {
                output.removeLast(output.count - start)
            }
            return hasMembers
        }
    }

    /// Appends the members among some instructions; false when none has a value.
    private static func run(
        _ instructions: UnsafeBufferPointer<Instruction>, _ range: Range<Int>,
        _ nodes: UnsafeBufferPointer<JSONDocument.Node?>, _ scope: MappingScope, _ writer: inout MappingWriter,
        _ output: inout [UInt8]
    ) -> Bool {
        var isEmpty = true
        var index = range.lowerBound
        while index < range.upperBound {
            let current = index
            index += 1
            if case .object = instructions[current].kind {
                index = instructions[current].end
                let mark = output.count
                appendKey(instructions[current].key, isFirst: isEmpty, to: &output)
                output.append(UInt8(ascii: "{"))
                if run(instructions, current + 1..<index, nodes, scope, &writer, &output) {
                    output.append(UInt8(ascii: "}"))
                    isEmpty = false
                } else {
                    output.removeLast(output.count - mark)
                }
                continue
            }
            switch append(instructions, current, isFirst: isEmpty, nodes, scope, &output) {
            case .yes: isEmpty = false
            case .nothing: break
            case .difficult:
                let mark = output.count
                if !isEmpty { output.append(UInt8(ascii: ",")) }
                if writer.appendMember(instructions[current].target, scope, to: &output) {
                    isEmpty = false
                } else {
                    output.removeLast(output.count - mark)
                }
            }
        }
        return !isEmpty
    }

    private static func append(
        _ instructions: UnsafeBufferPointer<Instruction>, _ index: Int, isFirst: Bool,
        _ nodes: UnsafeBufferPointer<JSONDocument.Node?>, _ scope: MappingScope, _ output: inout [UInt8]
    ) -> JSONDocument.Appended {
        switch instructions[index].kind {
        case .scalar(let lowercased):
            for place in instructions[index].places {
                guard let node = nodes[place] else { continue }
                let appended = instructions[index].key.withUnsafeBufferPointer { key in
                    scope.document.appendScalar(
                        node, lowercased: lowercased,
                        after: isFirst ? UnsafeBufferPointer(rebasing: key[1...]) : key, to: &output)
                }
                if appended != .nothing { return appended }
            }
            return instructions[index].isDemanding ? .difficult : .nothing
        case .minorUnits(let place, let scale):
            guard let node = instructions[index].places.lazy.compactMap({ nodes[$0] }).first else {
                return instructions[index].isDemanding ? .difficult : .nothing
            }
            guard let minor = scope.document.integer(of: node), let holder = nodes[place],
                let text = scope.document.plainContent(of: holder), let currency = CurrencyCode(text),
                let money = try? Money(minor: minor, currency: currency, scale: scale)
            else { return .difficult }
            appendKey(instructions[index].key, isFirst: isFirst, to: &output)
            money.append(to: &output)
            return .yes
        case .attribute(let attribute):
            let text = attribute.text(of: scope.event)
            guard !text.isEmpty else { return instructions[index].isDemanding ? .difficult : .nothing }
            appendKey(instructions[index].key, isFirst: isFirst, to: &output)
            JSONWriter.append(text, to: &output)
            return .yes
        case .object, .other: return .difficult
        }
    }

    @inline(__always)
    private static func appendKey(_ key: [UInt8], isFirst: Bool, to output: inout [UInt8]) {
        key.withUnsafeBufferPointer { output.append(contentsOf: $0[(isFirst ? 1 : 0)...]) }
    }

    /// Turns the tree into instructions and gathers their paths.
    private struct Compiler {
        private var instructions: [Instruction] = []
        private var paths: [JSONSelection.Path] = []

        var selection: JSONSelection { JSONSelection(paths) }

        /// The instructions, their paths' numbers replaced by the paths' places.
        func finished() -> [Instruction] {
            let places = selection.places
            return instructions.map { instruction in
                var instruction = instruction
                instruction.places = instruction.places.map { places[$0] }
                if case .minorUnits(let currency, let scale) = instruction.kind {
                    instruction.kind = .minorUnits(currency: places[currency], scale)
                }
                return instruction
            }
        }

        mutating func add(_ members: [TargetNode]) {
            for member in members {
                let comma: [UInt8] = [UInt8(ascii: ",")]
                switch member {
                case .object(let key, let members):
                    let index = instructions.count
                    instructions.append(Instruction(kind: .object, key: comma + key, target: member))
                    add(members)
                    instructions[index].end = instructions.count
                case .field(let key, let field):
                    var instruction = Instruction(kind: .other, key: comma + key, target: member)
                    instruction.isDemanding = field.isRequired || field.fallback != nil
                    compile(field, into: &instruction)
                    instructions.append(instruction)
                case .items(let key, _):
                    instructions.append(Instruction(kind: .other, key: comma + key, target: member))
                }
            }
        }

        private mutating func compile(_ field: Field, into instruction: inout Instruction) {
            guard field.sources.allSatisfy({ $0.shape == .scalar && $0.transforms.isEmpty }) else { return }
            if field.transforms.isEmpty, field.sources.count == 1, case .event(let attribute) = field.sources[0].origin
            {
                instruction.kind = .attribute(attribute)
                return
            }
            var sources: [JSONSelection.Path] = []
            for source in field.sources {
                guard case .path(let path) = source.origin, let plain = plain(path) else { return }
                sources.append(plain)
            }
            switch (field.transforms.first, field.transforms.count) {
            case (nil, _): instruction.kind = .scalar(lowercased: false)
            case (.lowercase, 1): instruction.kind = .scalar(lowercased: true)
            case (.minorUnits(.path(let path), let scale), 1):
                guard let currency = plain(path) else { return }
                instruction.kind = .minorUnits(currency: paths.count, scale)
                paths.append(currency)
            default: return
            }
            instruction.places = Array(paths.count..<paths.count + sources.count)
            paths += sources
        }

        /// A path to one value, other than where it starts.
        private func plain(_ path: FieldPath) -> JSONSelection.Path? {
            guard !path.isPlural, !path.steps.isEmpty else { return nil }
            let steps: [JSONSelection.Step] = path.steps.compactMap { step in
                switch step {
                case .member(let name): .member(name)
                case .element(let place): .element(place)
                case .each: nil
                }
            }
            return JSONSelection.Path(startsAtPayload: path.startsAtPayload, steps: steps)
        }
    }
}

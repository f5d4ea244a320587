import Verifiers

/// The shape of a rule's `data`, made ready to be written: the frequent fields as flat instructions over nodes that are
/// looked up together, all others as they are.
///
/// An instruction handles only what it can copy; whatever else a value is, the field itself decides, so that both ways
/// say the same.
final class DataProgram: Sendable {
    private enum Kind: Sendable, BitwiseCopyable {
        /// An object of the instructions up to `end`.
        case object
        /// The first path that leads to a scalar, copied or in lower case.
        case scalar(lowercased: Bool)
        /// A whole number of minor units; the currency is at the place `currency`.
        case minorUnits(currency: Int, CurrencyExponents.Scale)
        case attribute(FieldSource.EventAttribute)
        case other
    }

    /// Holds no reference, so that running costs no counting of them.
    private struct Instruction: Sendable, BitwiseCopyable {
        var kind: Kind
        /// Where in `keys` a comma, the name as JSON and a colon stand.
        var keyStart: Int
        var keyEnd: Int
        /// Where in `places` the places of the paths stand.
        var firstPlace = 0
        var endOfPlaces = 0
        /// For an object, the instruction after its last.
        var end = 0
        /// Whether there is something to do when no path has a value: a default, or a failure.
        var isDemanding = false
    }

    /// What an instruction looks at while a program runs.
    private struct Tables {
        let instructions: UnsafeBufferPointer<Instruction>
        let keys: UnsafeBufferPointer<UInt8>
        let places: UnsafeBufferPointer<Int>
        let nodes: UnsafeBufferPointer<JSONDocument.Node>

        /// The instruction's name as a member; the first of an object has no comma.
        func key(_ instruction: Instruction, isFirst: Bool) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(rebasing: keys[(instruction.keyStart + (isFirst ? 1 : 0))..<instruction.keyEnd])
        }
    }

    private let instructions: [Instruction]
    /// What each instruction stands for, for those that must be left to it.
    private let targets: [TargetNode]
    private let keys: [UInt8]
    private let places: [Int]
    private let selection: JSONSelection

    init(_ members: [TargetNode]) {
        var compiler = Compiler()
        compiler.add(members)
        instructions = compiler.finished()
        targets = compiler.targets
        keys = compiler.keys
        selection = compiler.selection
        places = compiler.places.map { [selection] in selection.places[$0] }
    }

    /// Appends the object; false and nothing when no member has a value.
    func append(_ scope: MappingScope, _ writer: inout MappingWriter, to output: inout ByteBuffer) -> Bool {
        withUnsafeTemporaryAllocation(of: JSONDocument.Node.self, capacity: selection.count) { nodes in
            selection.resolve(in: scope.document, base: scope.base, payload: scope.payload, into: nodes)
            let start = output.count
            output.append(UInt8(ascii: "{"))
            let hasMembers = instructions.withUnsafeBufferPointer { instructions in
                keys.withUnsafeBufferPointer { keys in
                    places.withUnsafeBufferPointer { places in
                        let tables = Tables(
                            instructions: instructions, keys: keys, places: places,
                            nodes: UnsafeBufferPointer(nodes))
                        return run(tables, 0..<instructions.count, scope, &writer, &output)
                    }
                }
            }
            if hasMembers {
                output.append(UInt8(ascii: "}"))
            } else {
                output.truncate(to: start)
            }
            return hasMembers
        }
    }

    /// Appends the members among some instructions; false when none has a value.
    private func run(
        _ tables: Tables, _ range: Range<Int>, _ scope: MappingScope, _ writer: inout MappingWriter,
        _ output: inout ByteBuffer
    ) -> Bool {
        var isEmpty = true
        var index = range.lowerBound
        while index < range.upperBound {
            let current = index
            let instruction = tables.instructions[current]
            index += 1
            if case .object = instruction.kind {
                index = instruction.end
                let mark = output.count
                output.append(tables.key(instruction, isFirst: isEmpty))
                output.append(UInt8(ascii: "{"))
                if run(tables, current + 1..<index, scope, &writer, &output) {
                    output.append(UInt8(ascii: "}"))
                    isEmpty = false
                } else {
                    output.truncate(to: mark)
                }
                continue
            }
            switch append(tables, instruction, isFirst: isEmpty, scope, &output) {
            case .yes: isEmpty = false
            case .nothing: break
            case .difficult:
                let mark = output.count
                if !isEmpty { output.append(UInt8(ascii: ",")) }
                if writer.appendMember(targets[current], scope, to: &output) {
                    isEmpty = false
                } else {
                    output.truncate(to: mark)
                }
            }
        }
        return !isEmpty
    }

    @inline(__always)
    private func append(
        _ tables: Tables, _ instruction: Instruction, isFirst: Bool, _ scope: MappingScope,
        _ output: inout ByteBuffer
    ) -> JSONDocument.Appended {
        switch instruction.kind {
        case .scalar(let lowercased):
            for place in instruction.firstPlace..<instruction.endOfPlaces {
                let node = tables.nodes[tables.places[place]]
                guard node != .absent else { continue }
                let appended = scope.document.appendScalar(
                    node, lowercased: lowercased, after: tables.key(instruction, isFirst: isFirst), to: &output)
                if appended != .nothing { return appended }
            }
            return instruction.isDemanding ? .difficult : .nothing
        case .minorUnits(let currencyPlace, let scale):
            var amount = JSONDocument.Node.absent
            for place in instruction.firstPlace..<instruction.endOfPlaces where amount == .absent {
                amount = tables.nodes[tables.places[place]]
            }
            guard amount != .absent else { return instruction.isDemanding ? .difficult : .nothing }
            let holder = tables.nodes[tables.places[currencyPlace]]
            guard holder != .absent, let minor = scope.document.integer(of: amount),
                let text = scope.document.plainContent(of: holder), let currency = CurrencyCode(text),
                let money = try? Money(minor: minor, currency: currency, scale: scale)
            else { return .difficult }
            output.append(tables.key(instruction, isFirst: isFirst))
            money.append(to: &output)
            return .yes
        case .attribute(let attribute):
            let text = attribute.text(of: scope.event)
            guard !text.isEmpty else { return instruction.isDemanding ? .difficult : .nothing }
            output.append(tables.key(instruction, isFirst: isFirst))
            JSONWriter.append(text, to: &output)
            return .yes
        case .object, .other: return .difficult
        }
    }

    /// Turns the tree into instructions and gathers their paths.
    private struct Compiler {
        private var instructions: [Instruction] = []
        private(set) var targets: [TargetNode] = []
        private(set) var keys: [UInt8] = []
        /// The numbers of the instructions' paths, those of one instruction together.
        private(set) var places: [Int] = []
        private var paths: [JSONSelection.Path] = []

        var selection: JSONSelection { JSONSelection(paths) }

        func finished() -> [Instruction] { instructions }

        mutating func add(_ members: [TargetNode]) {
            for member in members {
                switch member {
                case .object(let key, let members):
                    let index = instructions.count
                    append(Kind.object, key, member)
                    add(members)
                    instructions[index].end = instructions.count
                case .field(let key, let field):
                    append(Kind.other, key, member)
                    let index = instructions.count - 1
                    instructions[index].isDemanding = field.isRequired || field.fallback != nil
                    instructions[index] = compiled(field, instructions[index])
                case .items(let key, _):
                    append(Kind.other, key, member)
                }
            }
        }

        private mutating func append(_ kind: Kind, _ key: [UInt8], _ target: TargetNode) {
            let start = keys.count
            keys.append(UInt8(ascii: ","))
            keys += key
            instructions.append(Instruction(kind: kind, keyStart: start, keyEnd: keys.count))
            targets.append(target)
        }

        private mutating func compiled(_ field: Field, _ plainly: Instruction) -> Instruction {
            var instruction = plainly
            guard field.sources.allSatisfy({ $0.shape == .scalar && $0.transforms.isEmpty }) else { return plainly }
            if field.transforms.isEmpty, field.sources.count == 1, case .event(let attribute) = field.sources[0].origin
            {
                instruction.kind = .attribute(attribute)
                return instruction
            }
            var sources: [JSONSelection.Path] = []
            for source in field.sources {
                guard case .path(let path) = source.origin, let plain = plain(path) else { return plainly }
                sources.append(plain)
            }
            switch (field.transforms.first, field.transforms.count) {
            case (nil, _): instruction.kind = .scalar(lowercased: false)
            case (.lowercase(_), 1): instruction.kind = .scalar(lowercased: true)
            case (.minorUnits(.path(let path), let scale), 1):
                guard let currency = plain(path) else { return plainly }
                instruction.kind = .minorUnits(currency: places.count, scale)
                add(currency)
            default: return plainly
            }
            instruction.firstPlace = places.count
            for source in sources { add(source) }
            instruction.endOfPlaces = places.count
            return instruction
        }

        private mutating func add(_ path: JSONSelection.Path) {
            places.append(paths.count)
            paths.append(path)
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

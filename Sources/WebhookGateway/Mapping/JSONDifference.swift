import Verifiers

/// A place where two JSON values differ.
struct JSONDifference: Equatable, Sendable {
    /// "data.items[2].price"; "" for the whole.
    var path: String
    /// What should stand there as JSON; nil: nothing should.
    var expected: String?
    /// What stands there as JSON; nil: nothing does.
    var found: String?

    /// At most so many are looked for: past them the values are simply others.
    static let most = 100

    /// All places where what was found is not what was expected.
    ///
    /// Members may stand in any order, and numbers are equal when their digits say the same (`1.50` and `1.5`). Unless
    /// the value is expected as a whole, what it has besides does not matter, and an expected `null` says that nothing
    /// may stand there.
    static func all(
        expected: JSONDocument.Node, of expectedDocument: JSONDocument, found: JSONDocument.Node,
        of foundDocument: JSONDocument, isWhole: Bool, under path: String = ""
    ) -> [JSONDifference] {
        var comparison = Comparison(expected: expectedDocument, found: foundDocument, isWhole: isWhole)
        comparison.compare(expected, found, at: path)
        return comparison.differences
    }

    private struct Comparison {
        let expected: JSONDocument
        let found: JSONDocument
        let isWhole: Bool
        var differences: [JSONDifference] = []

        mutating func compare(_ left: JSONDocument.Node, _ right: JSONDocument.Node, at path: String) {
            guard differences.count < JSONDifference.most else { return }
            switch (expected.kind(of: left), found.kind(of: right)) {
            case (.object, .object): compareMembers(left, right, at: path)
            case (.array, .array): compareElements(left, right, at: path)
            case (.string, .string) where expected.string(of: left) == found.string(of: right): break
            case (.number, .number) where Self.areEqual(expected.text(of: left), found.text(of: right)): break
            case (.boolean, .boolean) where expected.boolean(of: left) == found.boolean(of: right): break
            case (.null, .null): break
            default: note(left, right, at: path)
            }
        }

        private mutating func compareMembers(_ left: JSONDocument.Node, _ right: JSONDocument.Node, at path: String) {
            for child in expected.children(of: left) {
                let name = expected.name(of: child) ?? ""
                let place = path.isEmpty ? name : "\(path).\(name)"
                if let other = found.member(named: name, of: right) {
                    compare(child, other, at: place)
                } else if isWhole || !expected.isNull(child) {
                    note(child, nil, at: place)
                }
            }
            guard isWhole else { return }
            for child in found.children(of: right) {
                let name = found.name(of: child) ?? ""
                guard expected.member(named: name, of: left) == nil else { continue }
                note(nil, child, at: path.isEmpty ? name : "\(path).\(name)")
            }
        }

        private mutating func compareElements(_ left: JSONDocument.Node, _ right: JSONDocument.Node, at path: String) {
            let (lefts, rights) = (Array(expected.children(of: left)), Array(found.children(of: right)))
            for index in 0..<max(lefts.count, rights.count) {
                let place = "\(path)[\(index)]"
                if index < lefts.count, index < rights.count {
                    compare(lefts[index], rights[index], at: place)
                } else {
                    note(
                        index < lefts.count ? lefts[index] : nil, index < rights.count ? rights[index] : nil, at: place)
                }
            }
        }

        private mutating func note(_ left: JSONDocument.Node?, _ right: JSONDocument.Node?, at path: String) {
            guard differences.count < JSONDifference.most else { return }
            differences.append(
                JSONDifference(
                    path: path, expected: left.map { Self.text($0, of: expected) },
                    found: right.map { Self.text($0, of: found) }))
        }

        private static func text(_ node: JSONDocument.Node, of document: JSONDocument) -> String {
            var json = ByteBuffer()
            document.appendMinified(node, to: &json)
            return String(decoding: json.bytes, as: UTF8.self)
        }

        private static func areEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
            if left == right { return true }
            guard let left = DecimalText(left), let right = DecimalText(right) else { return false }
            return left.normalized == right.normalized
        }
    }
}

extension DecimalText {
    /// The number without superfluous zeros, which equal numbers have in common.
    fileprivate var normalized: [UInt8] {
        var digits = digits
        var fraction = fractionCount
        while fraction > 0, digits.last == 0 {
            digits.removeLast()
            fraction -= 1
        }
        let leading = digits.prefix(digits.count - fraction).prefix { $0 == 0 }.count
        digits.removeFirst(leading)
        let isZero = digits.allSatisfy { $0 == 0 }
        return (isNegative && !isZero ? [1] : [0]) + [UInt8(truncatingIfNeeded: fraction)] + digits
    }
}

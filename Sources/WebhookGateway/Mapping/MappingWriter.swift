import Verifiers

/// Writes the fields of one event and gathers those that fail.
struct MappingWriter {
    private(set) var failures: [MappingFailure.Field] = []
    /// What the output may hold at most: lists that repeat parts of the payload could grow without end.
    private let longest: Int

    /// What the data of one event may be larger than its delivery's body, in bytes.
    static let mostGrowth = 4 * 1_048_576

    /// A writer of the data that begins at `start`.
    init(of document: JSONDocument, from start: Int) {
        longest = start + document.bytes.count + Self.mostGrowth
    }

    private struct TooLong: Error {}

    /// Notes that the data is too large; false when it is not.
    private mutating func isTooLong(_ count: Int, at target: String) -> Bool {
        guard count > longest else { return false }
        let reason = "the data is more than \(Self.mostGrowth / 1_048_576) MiB larger than the delivery"
        failures.append(MappingFailure.Field(target: target, sources: [], found: [], reason: reason))
        return true
    }

    /// A field's value; a failure is noted and counts as none.
    mutating func value(of field: Field, _ scope: MappingScope) -> MappedValue? {
        do throws(MappingFailure.Field) {
            return try field.value(in: scope)
        } catch {
            failures.append(error)
            return nil
        }
    }

    /// Appends an object of the members that have a value; false and nothing when none has.
    mutating func appendObject(_ members: [TargetNode], _ scope: MappingScope, to output: inout ByteBuffer) -> Bool {
        let start = output.count
        output.append(UInt8(ascii: "{"))
        var isEmpty = true
        for member in members {
            let mark = output.count
            if !isEmpty { output.append(UInt8(ascii: ",")) }
            if appendMember(member, scope, to: &output) {
                isEmpty = false
            } else {
                output.truncate(to: mark)
            }
        }
        guard !isEmpty else {
            output.truncate(to: start)
            return false
        }
        output.append(UInt8(ascii: "}"))
        return true
    }

    /// Appends a member, name and value; false when it has no value: what was appended is then the caller's to remove.
    mutating func appendMember(
        _ member: TargetNode, _ scope: MappingScope, to output: inout ByteBuffer
    ) -> Bool {
        switch member {
        case .field(let key, let field):
            guard let value = value(of: field, scope) else { return false }
            output.append(key)
            value.append(to: &output, from: scope.document)
            return true
        case .object(let key, let members):
            output.append(key)
            return appendObject(members, scope, to: &output)
        case .items(let key, let list):
            output.append(key)
            return appendList(list, scope, to: &output)
        }
    }

    private mutating func appendList(_ list: ItemList, _ scope: MappingScope, to output: inout ByteBuffer) -> Bool {
        var place = 0
        var isEmpty = true
        output.append(UInt8(ascii: "["))
        try? list.path.forEachNode(in: scope) { (item) throws(TooLong) in
            defer { place += 1 }
            guard !MappedValue.isAbsent(item, in: scope.document) else { return }
            let mark = output.count
            let failed = failures.count
            if !isEmpty { output.append(UInt8(ascii: ",")) }
            var itemScope = scope
            itemScope.base = item
            if appendObject(list.members, itemScope, to: &output) {
                isEmpty = false
            } else {
                output.truncate(to: mark)
            }
            for index in failed..<failures.count {
                failures[index].target = "\(list.target)[\(place)].\(failures[index].target)"
            }
            if isTooLong(output.count, at: list.target) { throw TooLong() }
        }
        output.append(UInt8(ascii: "]"))
        if isEmpty, list.isRequired {
            failures.append(
                MappingFailure.Field(
                    target: list.target, sources: [list.path.text], found: [],
                    reason: "it is required and the list is empty"))
        }
        return !isEmpty
    }
}

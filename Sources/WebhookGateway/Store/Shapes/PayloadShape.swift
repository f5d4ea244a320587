/// What the payloads of one provider type look like, learned from samples: a tree of fields with the types of their
/// values. It holds no values, and no names that are data (`FieldName`).
///
/// A field is optional when a sample within the last `horizon` lacked it. What was in the last `steady` samples in a row and
/// is missing from `patience` in a row has vanished; a field, or a type of value, that comes after `steady` samples without it
/// is a change, too. Each is told once. What was not seen for `horizon` samples is forgotten.
struct PayloadShape: Equatable, Sendable {
    /// So many samples in a row make a habit.
    static let steady = 20
    /// So many samples in a row make the end of it.
    static let patience = 5
    static let horizon = 2000
    /// Fields that one shape may have, at all depths.
    static let mostFields = 1000
    /// An object with more members is a map.
    static let mostMembers = 200
    /// An object with more members, few of which come again, is a map.
    private static let mostScattered = 24
    private static let samplesForScatter = 10

    struct Field: Equatable, Sendable {
        /// Kind of value → the last sample that had it.
        var kinds: [JSONKinds: Int] = [:]
        /// Samples that had it.
        var count = 0
        /// Samples in which it was an object.
        var objects = 0
        /// Samples in a row that had it, up to the last one that did.
        var run = 0
        /// Samples in a row that lacked it, though its surroundings were there, up to the last one.
        var missing = 0
        /// The last sample in which it was lacking somewhere; 0: it never was.
        var lacking = 0
        /// It has been told that it is gone.
        var isGone = false
        /// An object whose names are keys: all of them lie in `keyed`.
        var isMap = false
        var members: [String: Field] = [:]
        /// What lies under keys; at most one.
        var keyed: [Field] = []
        /// The elements of an array; at most one.
        var elements: [Field] = []

        var allKinds: JSONKinds { kinds.keys.reduce(into: []) { $0.formUnion($1) } }
    }

    var root = Field()
    /// How many payloads it was learned from.
    var samples = 0
    /// When the first and the last of them arrived, in Unix milliseconds.
    var firstAt: Int64 = 0
    var lastAt: Int64 = 0
    /// There were more fields than are kept.
    var isFull = false

    /// Whether enough is known that a difference means something.
    var isSteady: Bool { samples >= Self.steady }

    /// How many fields it has, at all depths.
    var fieldCount: Int { Self.count(root) }

    /// Takes in one payload; returns what has changed by it.
    mutating func learn(_ observation: PayloadObservation, at milliseconds: Int64) -> [ShapeChange] {
        samples += 1
        if samples == 1 { firstAt = milliseconds }
        lastAt = max(lastAt, milliseconds)
        var lesson = Lesson(sample: samples, room: Self.mostFields - fieldCount)
        lesson.take(observation.root, into: &root, path: "")
        if lesson.isFull { isFull = true }
        return lesson.changes
    }

    private static func count(_ field: Field) -> Int {
        (field.members.values.map { 1 + count($0) } + field.keyed.map { 1 + count($0) } + field.elements.map(count))
            .reduce(0, +)
    }

    /// Whether so many names come so seldom again that they must be keys.
    fileprivate static func isScattered(_ field: Field) -> Bool {
        guard field.members.count > mostScattered, field.objects >= samplesForScatter else { return false }
        let rare = field.members.values.count { $0.count * 10 <= field.objects }
        return rare * 4 > field.members.count * 3
    }

    /// How a field's path goes on.
    static func path(_ path: String, member name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: byte >= 0x80
            }
        }
        guard isPlain else { return "\(path)[\(String(decoding: name.quotedText, as: UTF8.self))]" }
        return path.isEmpty ? name : "\(path).\(name)"
    }
}

/// One sample on its way into a shape.
private struct Lesson {
    let sample: Int
    var room: Int
    var isFull = false
    var changes: [ShapeChange] = []

    mutating func take(_ place: PayloadObservation.Place, into field: inout PayloadShape.Field, path: String) {
        noteKinds(place.kinds, in: &field, path: path)
        field.count += 1
        if place.objects > 0 {
            takeMembers(place, into: &field, path: path)
            field.objects += 1
        }
        if let elements = place.elements.first {
            if field.elements.isEmpty { field.elements.append(PayloadShape.Field()) }
            if elements.count > 0 { take(elements, into: &field.elements[0], path: path + "[*]") }
        }
    }

    private mutating func noteKinds(_ kinds: JSONKinds, in field: inout PayloadShape.Field, path: String) {
        let known = field.allKinds
        let new = kinds.subtracting(known)
        if !new.isEmpty, field.count >= PayloadShape.steady, !known.isEmpty {
            // A field that was always null has its first value; anything else meets consumers unprepared.
            let isFirst = known == .null
            let now = isFirst ? kinds : known.union(kinds)
            changes.append(
                ShapeChange(kind: isFirst ? .appeared : .changed, path: path.isEmpty ? "." : path, was: known, now: now)
            )
        }
        for (kind, _) in JSONKinds.all where kinds.contains(kind) { field.kinds[kind] = sample }
        field.kinds = field.kinds.filter { sample - $0.value <= PayloadShape.horizon }
    }

    private mutating func takeMembers(
        _ place: PayloadObservation.Place, into field: inout PayloadShape.Field, path: String
    ) {
        for (name, child) in place.members.sorted(by: { $0.key < $1.key }) {
            guard !field.isMap else {
                takeKeyed(child, into: &field, path: path)
                continue
            }
            takeMember(child, name, of: place, into: &field, path: path)
        }
        if let child = place.keyed.first { takeKeyed(child, into: &field, path: path) }
        var forgotten: [String] = []
        for name in field.members.keys.sorted() where place.members[name] == nil {
            let isForgotten = miss(name, in: &field, path: path)
            if isForgotten { forgotten.append(name) }
        }
        for name in forgotten { field.members[name] = nil }
        if field.members.count > PayloadShape.mostMembers || PayloadShape.isScattered(field) { field.becomeMap() }
    }

    private mutating func takeMember(
        _ child: PayloadObservation.Place, _ name: String, of place: PayloadObservation.Place,
        into field: inout PayloadShape.Field, path: String
    ) {
        let childPath = PayloadShape.path(path, member: name)
        if field.members[name] == nil {
            guard room > 0 else {
                isFull = true
                return
            }
            room -= 1
            var new = PayloadShape.Field()
            if field.objects > 0 { new.lacking = sample }
            field.members[name] = new
            if field.objects >= PayloadShape.steady {
                changes.append(ShapeChange(kind: .appeared, path: childPath, was: [], now: child.kinds))
            }
        }
        var member = field.members[name] ?? PayloadShape.Field()
        field.members[name] = nil
        if member.isGone {
            changes.append(ShapeChange(kind: .appeared, path: childPath, was: [], now: child.kinds))
        }
        if member.missing > 0 { member.run = 0 }
        member.isGone = false
        member.missing = 0
        member.run += 1
        if child.count < place.objects { member.lacking = sample }
        take(child, into: &member, path: childPath)
        field.members[name] = member
    }

    private mutating func takeKeyed(
        _ child: PayloadObservation.Place, into field: inout PayloadShape.Field, path: String
    ) {
        if field.keyed.isEmpty { field.keyed.append(PayloadShape.Field(lacking: sample)) }
        take(child, into: &field.keyed[0], path: path + "{*}")
    }

    /// Notes that a sample lacks a member; whether it is to be forgotten.
    private mutating func miss(_ name: String, in field: inout PayloadShape.Field, path: String) -> Bool {
        guard var member = field.members[name] else { return false }
        member.missing += 1
        member.lacking = sample
        if member.missing == PayloadShape.patience, member.run >= PayloadShape.steady {
            member.isGone = true
            changes.append(
                ShapeChange(
                    kind: .vanished, path: PayloadShape.path(path, member: name), was: member.allKinds, now: []))
        }
        field.members[name] = member
        return member.missing >= PayloadShape.horizon
    }
}

extension PayloadShape.Field {
    /// Takes all members for values under keys.
    fileprivate mutating func becomeMap() {
        isMap = true
        for (_, member) in members.sorted(by: { $0.key < $1.key }) {
            if keyed.isEmpty { keyed.append(member) } else { keyed[0].absorb(member) }
        }
        members = [:]
        keyed[0].run = 0
        keyed[0].missing = 0
    }

    /// Makes one field of two.
    private mutating func absorb(_ other: PayloadShape.Field) {
        kinds.merge(other.kinds) { max($0, $1) }
        count = max(count, other.count)
        lacking = max(lacking, other.lacking)
        isMap = isMap || other.isMap
        objects = max(objects, other.objects)
        for (name, member) in other.members {
            if members[name] == nil {
                members[name] = member
                members[name]?.lacking = max(member.lacking, 1)
            } else {
                members[name]?.absorb(member)
            }
        }
        for name in members.keys where other.members[name] == nil && other.objects > 0 {
            let lacking = members[name]?.lacking ?? 0
            members[name]?.lacking = max(lacking, 1)
        }
        if let first = other.keyed.first {
            if keyed.isEmpty { keyed.append(first) } else { keyed[0].absorb(first) }
        }
        if let first = other.elements.first {
            if elements.isEmpty { elements.append(first) } else { elements[0].absorb(first) }
        }
    }
}

extension String {
    /// The text as JSON, in quotes.
    fileprivate var quotedText: [UInt8] {
        var line = JSONLine()
        line.add("", self)
        return Array(line.json.dropFirst(4).dropLast())
    }
}

/// Splits a body into events as a definition says.
///
/// Where events inherit fields, or some fields must not be kept, the events are written anew as one array, which the
/// document then holds; else the events are nodes of the body itself.
struct EventReader {
    /// How many events a delivery may have.
    static let maximumEvents = 10_000
    /// How long all events together may be when they are written anew: a short body must not grow without bound.
    static let maximumLength = 16 << 20
    /// Longer inherited values are refused: each is copied into all events.
    static let maximumInheritedLength = 4096

    let rules: EventRules
    let delivery: Delivery
    let contents: [BodyContent]

    private typealias Item = (node: JSONDocument.Node, places: [Int], type: String?)

    func events(document: inout JSONDocument) throws(MalformedBody) -> [ProviderEvent] {
        try document.readBody(try BodyContent.json(of: delivery, contents))
        var items = try items(in: document)
        if !rules.inherited.isEmpty || !rules.redacted.isEmpty {
            try document.readBody(try rewritten(items, of: document)[...])
            items = zip(document.children(of: .root), items).map { ($0, [], $1.type) }
        }
        var events: [ProviderEvent] = []
        events.reserveCapacity(items.count)
        for (place, item) in items.enumerated() {
            events.append(try event(item.node, type: item.type, place: place, in: document))
        }
        return events
    }

    /// The events' nodes. A body in which none of the lists is there is one event: nothing is lost for being unknown.
    private func items(in document: JSONDocument) throws(MalformedBody) -> [Item] {
        guard !rules.splits.isEmpty else { return [(.root, [], nil)] }
        var items: [Item] = []
        var isAnyThere = false
        for split in rules.splits {
            let (found, isThere) = split.path.all(in: document, from: .root, limit: Self.maximumEvents + 1)
            isAnyThere = isAnyThere || isThere
            items += found.map { ($0.node, $0.places, split.type) }
        }
        guard items.count <= Self.maximumEvents else {
            throw MalformedBody("the body has more than \(Self.maximumEvents) events")
        }
        return isAnyThere ? items : [(.root, [], nil)]
    }

    private func event(
        _ node: JSONDocument.Node, type: String?, place: Int, in document: JSONDocument
    ) throws(MalformedBody) -> ProviderEvent {
        let hash = Expression(alternatives: [.init(parts: [.literal("sha256:"), .itemHash])])
        guard
            let key = (rules.id ?? hash).text(of: node, in: document, delivery)
                ?? hash.text(of: node, in: document, delivery)
        else { throw MalformedBody("event \(place + 1) has no identity") }
        return ProviderEvent(
            key: key, type: type ?? rules.type?.text(of: node, in: document, delivery) ?? "event",
            time: rules.time?.text(of: node, in: document, delivery).flatMap(moment),
            subject: rules.subject?.text(of: node, in: document, delivery),
            account: rules.account?.text(of: node, in: document, delivery), payload: node)
    }

    /// A time that cannot be read is none: the arrival stands in for it.
    private func moment(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)[...]
        let moment: Timestamp?
        switch rules.timeFormat {
        case .seconds: moment = Timestamp(unixSeconds: bytes)
        case .milliseconds: moment = Timestamp(unixMilliseconds: bytes)
        case .unix: moment = Self.unixMoment(bytes)
        case .decimal: moment = Timestamp(decimalSeconds: bytes)
        case .rfc3339: moment = Timestamp(rfc3339: bytes) ?? Self.unixMoment(bytes)
        case .zoneless: moment = Timestamp(zoneless: bytes) ?? Timestamp(rfc3339: bytes)
        }
        return moment.flatMap { $0.isRepresentable ? $0 : nil }
    }

    /// 100,000,000,000 seconds are the year 5138, as many milliseconds the year 1973.
    private static func unixMoment(_ bytes: ArraySlice<UInt8>) -> Timestamp? {
        let isLong = (Digits.number(bytes, maximumCount: 19) ?? 0) >= 100_000_000_000
        return isLong ? Timestamp(unixMilliseconds: bytes) : Timestamp(unixSeconds: bytes)
    }

    // MARK: Writing anew

    private func rewritten(_ items: [Item], of document: JSONDocument) throws(MalformedBody) -> [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "[")]
        for (index, item) in items.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            try write(item, of: document, to: &output)
            guard output.count <= Self.maximumLength else {
                throw MalformedBody("the events are longer than \(Self.maximumLength) bytes together")
            }
        }
        output.append(UInt8(ascii: "]"))
        return output
    }

    private func write(_ item: Item, of document: JSONDocument, to output: inout [UInt8]) throws(MalformedBody) {
        var members: [(name: String, text: [UInt8])] = []
        for field in rules.inherited {
            guard let node = field.path.resolve(in: document, from: .root, places: item.places) else { continue }
            let text = document.text(of: node)
            guard text.count <= Self.maximumInheritedLength else {
                throw MalformedBody(
                    "the field \(field.path.text) is longer than \(Self.maximumInheritedLength) bytes")
            }
            members.append((field.name, Array(text)))
        }
        guard document.kind(of: item.node) == .object else {
            if rules.inherited.isEmpty { return output.append(contentsOf: document.text(of: item.node)) }
            members.append(("value", Array(document.text(of: item.node))))
            return write(members, to: &output)
        }
        let inherited = Set(members.map(\.name))
        for member in document.children(of: item.node) {
            guard let name = document.name(of: member), !inherited.contains(name) else { continue }
            members.append((name, redacted(member, of: item.node, in: document)))
        }
        write(members, to: &output)
    }

    /// A value's text in which what nobody may keep is replaced.
    private func redacted(
        _ member: JSONDocument.Node, of event: JSONDocument.Node, in document: JSONDocument
    ) -> [UInt8] {
        let whole = document.text(of: member)
        var ranges: [Range<Int>] = []
        for pointer in rules.redacted {
            for (node, _) in pointer.all(in: document, from: event, limit: Self.maximumEvents).found {
                let range = document.text(of: node).indices
                if whole.indices.lowerBound <= range.lowerBound, range.upperBound <= whole.indices.upperBound,
                    !ranges.contains(where: { $0.overlaps(range) })
                {
                    ranges.append(range)
                }
            }
        }
        var result: [UInt8] = []
        var position = whole.startIndex
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            result += whole[position..<range.lowerBound]
            result += Array("\"•••\"".utf8)
            position = range.upperBound
        }
        return result + whole[position...]
    }

    private func write(_ members: [(name: String, text: [UInt8])], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONWriter.append(member.name, to: &output)
            output.append(UInt8(ascii: ":"))
            output += member.text
        }
        output.append(UInt8(ascii: "}"))
    }
}

extension Timestamp {
    /// Parses Unix milliseconds.
    init?(unixMilliseconds text: ArraySlice<UInt8>) {
        guard let number = Digits.number(text, maximumCount: 19) else { return nil }
        self.init(seconds: number / 1000, nanoseconds: Int32(number % 1000) * 1_000_000)
    }

    /// Parses Unix seconds with up to nine places behind a point ("1529006854.329574").
    init?(decimalSeconds text: ArraySlice<UInt8>) {
        let whole = text.prefix { $0 != UInt8(ascii: ".") }
        let places = text.dropFirst(whole.count + 1)
        guard let seconds = Digits.number(whole, maximumCount: 19) else { return nil }
        var nanoseconds: Int32 = 0
        for place in 0..<9 {
            let byte = place < places.count ? places[places.startIndex + place] : UInt8(ascii: "0")
            guard let digit = Digits.value(byte) else { return nil }
            nanoseconds = nanoseconds * 10 + Int32(digit)
        }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }
}

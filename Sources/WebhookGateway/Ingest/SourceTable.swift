/// The endpoints of one worker, found by the bytes of the path: what one costs to find, to add and to remove does not
/// depend on how many there are.
struct SourceTable {
    private static let prefix: StaticString = "/webhooks/"
    /// Of a route: its lower bits are a place, the others count what was put there.
    private static let placeBits = 24

    /// By place; nil: free.
    private var sources: [Source?] = []
    /// By place.
    private var names: [[UInt8]] = []
    private var freePlaces: [Int] = []
    /// Places by FNV-1a of the name, open addressing with linear probing; -1: free. At most half full.
    private var slots = [Int](repeating: -1, count: 8)
    private var count = 0
    private var serial = 0

    init(_ sources: [Source]) {
        self.sources.reserveCapacity(sources.count)
        names.reserveCapacity(sources.count)
        makeRoom(for: sources.count)
        for source in sources { put(source) }
    }

    var all: [Source] { sources.compactMap(\.self) }

    /// The source of a path, and what follows its name and a slash; nil when the path is none of ours.
    func find(_ path: ArraySlice<UInt8>) -> (source: Source, suffix: ArraySlice<UInt8>)? {
        let count = Self.prefix.utf8CodeUnitCount
        guard path.count > count, ASCII.isEqual(path.span.extracting(first: count), Self.prefix)
        else { return nil }
        let rest = path.dropFirst(count)
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        guard let slot = slot(of: rest[..<end]), let source = sources[slots[slot]] else { return nil }
        let suffix = end < rest.endIndex ? rest[(end + 1)...] : rest[rest.endIndex...]
        return suffix.isEmpty || source.readsPathSuffix ? (source, suffix) : nil
    }

    /// The source of that name.
    func source(named name: String) -> Source? { slot(of: Array(name.utf8)[...]).flatMap { sources[slots[$0]] } }

    /// The source that was given this route; nil when it has been replaced or removed since.
    func source(of route: Int) -> Source? {
        let place = route & (1 << Self.placeBits - 1) - 1
        guard sources.indices.contains(place), let source = sources[place], source.route == route else { return nil }
        return source
    }

    /// What follows a source's name and a slash in a path that `find` led to it.
    static func suffix(of path: ArraySlice<UInt8>, after source: Source) -> ArraySlice<UInt8> {
        path.dropFirst(prefix.utf8CodeUnitCount + source.name.utf8.count + 1)
    }

    /// Adds a source, or puts it in the place of the one of its name.
    mutating func put(_ source: Source) {
        let name = Array(source.name.utf8)
        let place: Int
        if let slot = slot(of: name[...]) {
            place = slots[slot]
        } else {
            makeRoom(for: count + 1)
            if let free = freePlaces.popLast() {
                place = free
                names[place] = name
            } else {
                place = sources.count
                sources.append(nil)
                names.append(name)
            }
            enter(place)
            count += 1
        }
        serial += 1
        source.route = serial << Self.placeBits | place + 1
        sources[place] = source
    }

    /// Removes the source of that name, if there is one.
    mutating func remove(_ name: String) {
        guard var free = slot(of: Array(name.utf8)[...]) else { return }
        sources[slots[free]] = nil
        names[slots[free]] = []
        freePlaces.append(slots[free])
        count -= 1
        // What follows without a gap moves up, where that brings it no further from its hash than before it.
        let mask = slots.count - 1
        var next = (free + 1) & mask
        while slots[next] >= 0 {
            let home = Self.hash(names[slots[next]][...]) & mask
            if (next - home) & mask >= (next - free) & mask {
                slots[free] = slots[next]
                free = next
            }
            next = (next + 1) & mask
        }
        slots[free] = -1
    }

    private func slot(of name: ArraySlice<UInt8>) -> Int? {
        var slot = Self.hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            if names[slots[slot]].elementsEqual(name) { return slot }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func enter(_ place: Int) {
        var slot = Self.hash(names[place][...]) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = place
    }

    private mutating func makeRoom(for wanted: Int) {
        var size = slots.count
        while size < wanted * 2 { size *= 2 }
        guard size > slots.count else { return }
        slots = [Int](repeating: -1, count: size)
        for place in sources.indices where sources[place] != nil { enter(place) }
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 32 ^ hash) & Int.max
    }
}

/// Which entries of a configuration are new, other or gone.
struct EntryNames: Sendable, Equatable {
    var sources: Set<String> = []
    var destinations: Set<String> = []

    var isEmpty: Bool { sources.isEmpty && destinations.isEmpty }
}

/// A table of the configuration, ordered by name.
///
/// There may be tens of thousands of entries, and many parts of the program hold the table as it was: a copy shares the
/// entries, so that a change costs little beside what it changes.
struct NamedTable<Entry: NamedSection & Sendable>: Sendable {
    private final class Box: Sendable {
        let entry: Entry

        init(_ entry: Entry) { self.entry = entry }
    }

    private var boxes: [Box] = []

    init() {}

    init(_ entries: some Sequence<Entry>) {
        boxes = entries.sorted { $0.name < $1.name }.map(Box.init)
    }

    /// The entry of that name.
    func entry(named name: String) -> Entry? {
        let place = place(of: name)
        return place < count && boxes[place].entry.name == name ? boxes[place].entry : nil
    }

    /// Puts an entry into its place, or takes it out.
    mutating func set(_ entry: Entry?, named name: String) {
        let place = place(of: name)
        let isThere = place < count && boxes[place].entry.name == name
        switch (entry, isThere) {
        case (let entry?, true): boxes[place] = Box(entry)
        case (let entry?, false): boxes.insert(Box(entry), at: place)
        case (nil, true): boxes.remove(at: place)
        case (nil, false): break
        }
    }

    /// Where the entry of that name is, or would be.
    private func place(of name: String) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if boxes[middle].entry.name < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension NamedTable: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { boxes.count }

    subscript(place: Int) -> Entry {
        get { boxes[place].entry }
        set { boxes[place] = Box(newValue) }
    }

    mutating func replaceSubrange(_ range: Range<Int>, with entries: some Collection<Entry>) {
        boxes.replaceSubrange(range, with: entries.map(Box.init))
    }
}

extension NamedTable: ExpressibleByArrayLiteral {
    init(arrayLiteral entries: Entry...) { self.init(entries) }
}

extension NamedTable: Equatable where Entry: Equatable {
    static func == (left: NamedTable, right: NamedTable) -> Bool {
        left.elementsEqual(right)
    }
}

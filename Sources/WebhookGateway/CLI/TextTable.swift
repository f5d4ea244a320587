/// Rows in aligned columns that fit the terminal. The first column, by which a row is asked for again, stays whole as long
/// as anything else can give way: the last column, then those that may be left out, then the widest.
struct TextTable {
    private let titles: [String]
    private let optional: [String]
    private var rows: [[String]] = []

    /// A cell is not cut shorter than this for the first column's sake.
    private static let shortest = 8

    /// - Parameter optional: the columns that are left out where there is no room, the first one first.
    init(_ titles: [String], optional: [String] = []) {
        self.titles = titles
        self.optional = optional
    }

    /// Adds a row with one cell for each title.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == titles.count, "a row has \(cells.count) cells, the table \(titles.count) columns")
        rows.append(cells.map(VisibleText.escaped))
    }

    /// The lines, titles first; `width` nil: as wide as the cells are.
    func lines(width: Int?) -> [String] {
        let all = [titles] + rows
        let natural = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        var columns = Array(titles.indices)
        var widths = natural
        if let width {
            var dispensable = optional.compactMap { titles.firstIndex(of: $0) }
            widths = Self.shrunk(columns.map { natural[$0] }, to: width)
            while Self.isCut(widths, columns.map { natural[$0] }), !dispensable.isEmpty {
                let column = dispensable.removeFirst()
                columns.removeAll { $0 == column }
                widths = Self.shrunk(columns.map { natural[$0] }, to: width)
            }
        }
        return all.map { row in
            let cells = zip(columns, widths).map { column, width in
                let cell = row[column]
                let shown = cell.count > width ? cell.prefix(max(0, width - 1)) + "…" : cell[...]
                return shown + String(repeating: " ", count: width - shown.count)
            }
            return String(cells.joined(separator: "  ").trimmingTrailingSpaces)
        }
    }

    /// Prints the table to stdout.
    func print() {
        lines(width: Terminal.width).forEach(Terminal.print)
    }

    /// Whether a column lost something that it should not: the last one may be cut to twice the shortest.
    private static func isCut(_ widths: [Int], _ natural: [Int]) -> Bool {
        guard let last = widths.last, let whole = natural.last else { return false }
        return widths.dropLast() != natural.dropLast() || last < min(whole, 2 * shortest)
    }

    private static func shrunk(_ natural: [Int], to width: Int) -> [Int] {
        var widths = natural
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
        func shrink(_ column: Int, to least: Int) {
            let cut = min(excess, widths[column] - least)
            guard cut > 0 else { return }
            widths[column] -= cut
            excess -= cut
        }
        shrink(widths.count - 1, to: 2 * shortest)
        while excess > 0, let widest = widths.indices.dropFirst().max(by: { (widths[$0], $0) < (widths[$1], $1) }),
            widths[widest] > shortest
        {
            shrink(widest, to: widths[widest] - 1)
        }
        if !widths.isEmpty { shrink(0, to: shortest) }
        return widths
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: Substring {
        var rest = self[...]
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}

/// Rows in aligned columns that fit the terminal: the last column gives way, then the widest.
struct TextTable {
    private let titles: [String]
    private var rows: [[String]] = []

    init(_ titles: [String]) { self.titles = titles }

    /// Adds a row with one cell for each title.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == titles.count, "a row has \(cells.count) cells, the table \(titles.count) columns")
        rows.append(cells.map(VisibleText.escaped))
    }

    /// The lines, titles first; `width` nil: as wide as the cells are.
    func lines(width: Int?) -> [String] {
        let all = [titles] + rows
        var widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        if let width { Self.shrink(&widths, to: width - 2 * (widths.count - 1)) }
        return all.map { row in
            let cells = zip(row, widths).map { cell, width in
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

    private static func shrink(_ widths: inout [Int], to available: Int) {
        let narrowest = 6
        var excess = widths.reduce(0, +) - available
        while excess > 0, let widest = widths.indices.max(by: { (widths[$0], $0) < (widths[$1], $1) }),
            widths[widest] > narrowest
        {
            widths[widest] -= 1
            excess -= 1
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: Substring {
        var rest = self[...]
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}

import Glibc

/// Where commands print: results to stdout, everything else to stderr.
enum Terminal {
    /// Writes a line to stdout; a reader that went away (`| head`) ends the program quietly, as other tools do.
    static func print(_ line: String) {
        guard write(line + "\n", to: STDOUT_FILENO) else { exit(ExitCode.success.rawValue) }
    }

    /// Writes a line of JSON to stdout. On a terminal, what it would obey is escaped, which JSON allows in every text.
    static func printJSON(_ line: String) {
        print(isatty(STDOUT_FILENO) == 1 ? VisibleText.escaped(line) : line)
    }

    /// Writes bytes to stdout as they are.
    static func print(raw bytes: [UInt8]) {
        guard write(bytes, to: STDOUT_FILENO) else { exit(ExitCode.success.rawValue) }
    }

    /// Writes a line to stderr.
    static func printError(_ line: String) {
        _ = write(line + "\n", to: STDERR_FILENO)
    }

    /// Shows a line on stderr that the next one replaces, where that is a terminal; nil takes it away.
    static func showProgress(_ line: String?) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        _ = write("\r\u{1B}[K\(line ?? "")", to: STDERR_FILENO)
    }

    /// Whether stdout shows colours: it is a terminal, and NO_COLOR (no-color.org) is not set.
    static let hasColours: Bool = {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        return getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    }()

    /// How many columns stdout has; nil when it is no terminal.
    static var width: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case dim = 2
    }

    /// The text in a colour, where stdout shows colours.
    static func coloured(_ text: String, _ colour: Colour) -> String {
        hasColours ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        write(Array(text.utf8), to: descriptor)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

import Glibc
import Verifiers

/// How much a log line matters; the configuration names the least that is written.
enum LogLevel: String, CaseIterable, Sendable, Comparable {
    case debug, info, warning, error

    static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}

/// A value of a log line's field.
enum LogValue: Sendable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    /// Left out of the line.
    case absent
}

/// Writes structured lines to stderr: one JSON object each, or a line for people; one `write` a line.
///
/// A value without state that changes: it is handed to whoever logs, on any thread, and needs no lock, since the
/// kernel keeps short writes to a pipe whole (PIPE_BUF, 4 KiB) and appends to files at their end.
///
///     log.info("redis connected", ["address": .text(address), "attempts": 3])
struct Log: Sendable {
    typealias Fields = KeyValuePairs<StaticString, LogValue>

    enum Format: Sendable {
        case json, human
    }

    /// Longer texts are cut, so that one field cannot break the line apart or flood the log.
    static let maximumTextBytes = 1_024

    let level: LogLevel
    let format: Format
    let descriptor: Int32

    init(level: LogLevel = .info, format: Format = .json, descriptor: Int32 = STDERR_FILENO) {
        self.level = level
        self.format = format
        self.descriptor = descriptor
    }

    /// What the configuration asks for; `auto` is human where stderr is a terminal.
    init(_ configuration: LogConfiguration) {
        let format: Format =
            switch configuration.format {
            case .json: .json
            case .human: .human
            case .auto: isatty(STDERR_FILENO) == 1 ? .human : .json
            }
        self.init(level: configuration.level, format: format)
    }

    func debug(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .debug { write(.debug, message, fields()) }
    }

    func info(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .info { write(.info, message, fields()) }
    }

    func warning(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        if level <= .warning { write(.warning, message, fields()) }
    }

    func error(_ message: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
        write(.error, message, fields())
    }

    private func write(_ level: LogLevel, _ message: StaticString, _ fields: Fields) {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        append(level, message, fields, to: &line)
        Self.put(line, on: descriptor)
    }

    /// Appends a line instead of writing it.
    func append(_ level: LogLevel, _ message: StaticString, _ fields: Fields, to line: inout [UInt8]) {
        let nanoseconds = Clock.unixMilliseconds() * 1_000_000
        let time = Timestamp(
            seconds: nanoseconds / 1_000_000_000, nanoseconds: Int32(truncatingIfNeeded: nanoseconds % 1_000_000_000))
        switch format {
        case .json: LogLine.appendJSON(time, level, message, fields, to: &line)
        case .human: LogLine.appendHuman(time, level, message, fields, to: &line)
        }
    }

    /// Writes the whole line; a log that cannot take it (closed, full, not blocking) loses it rather than stop the work.
    private static func put(_ line: [UInt8], on descriptor: Int32) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// A number of any width.
    static func number(_ value: some BinaryInteger) -> LogValue { .integer(Int64(clamping: value)) }

    /// A text that may not be there.
    static func text(_ value: String?) -> LogValue { value.map { .text($0) } ?? .absent }
}

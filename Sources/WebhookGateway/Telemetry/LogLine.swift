import Verifiers

/// The two shapes of a log line, as bytes.
enum LogLine {
    /// `{"time":"…","level":"info","message":"…","key":value}` and a line end.
    static func appendJSON(
        _ time: Timestamp, _ level: LogLevel, _ message: StaticString, _ fields: Log.Fields, to line: inout [UInt8]
    ) {
        line.append(contentsOf: "{\"time\":\"".utf8)
        time.append(to: &line, precision: .milliseconds)
        line.append(contentsOf: "\",\"level\":\"".utf8)
        line.append(contentsOf: level.rawValue.utf8)
        line.append(contentsOf: "\",\"message\":".utf8)
        JSONWriter.append(message, to: &line)
        for (key, value) in fields {
            if case .absent = value { continue }
            line.append(UInt8(ascii: ","))
            JSONWriter.append(key, to: &line)
            line.append(UInt8(ascii: ":"))
            append(value, quoted: true, to: &line)
        }
        line.append(contentsOf: "}\n".utf8)
    }

    /// `08:41:00.123 info  message  key=value` and a line end; texts with spaces or control characters are quoted.
    static func appendHuman(
        _ time: Timestamp, _ level: LogLevel, _ message: StaticString, _ fields: Log.Fields, to line: inout [UInt8]
    ) {
        var stamp: [UInt8] = []
        time.append(to: &stamp, precision: .milliseconds)
        // The clock alone: who watches a terminal knows the day.
        line.append(contentsOf: stamp.dropFirst(11).dropLast())
        line.append(UInt8(ascii: " "))
        let name = level.rawValue
        line.append(contentsOf: name.utf8)
        line.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 8 - name.utf8.count))
        message.withUTF8Buffer { line.append(contentsOf: $0) }
        for (key, value) in fields {
            if case .absent = value { continue }
            line.append(UInt8(ascii: " "))
            key.withUTF8Buffer { line.append(contentsOf: $0) }
            line.append(UInt8(ascii: "="))
            append(value, quoted: false, to: &line)
        }
        line.append(UInt8(ascii: "\n"))
    }

    private static func append(_ value: LogValue, quoted: Bool, to line: inout [UInt8]) {
        switch value {
        case .absent: break
        case .integer(let number): JSONWriter.append(number, to: &line)
        case .boolean(let boolean): JSONWriter.append(boolean, to: &line)
        case .text(let text):
            let text = cut(text)
            if quoted {
                JSONWriter.append(text, to: &line)
            } else {
                line.append(contentsOf: (needsQuotes(text) ? VisibleText.quoted(text) : text).utf8)
            }
        }
    }

    /// The text, cut at a character when it is too long.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > Log.maximumTextBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: Log.maximumTextBytes)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }

    private static func needsQuotes(_ text: String) -> Bool {
        text.isEmpty || text.utf8.contains { $0 == 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }
            || !VisibleText.isPlain(text)
    }
}

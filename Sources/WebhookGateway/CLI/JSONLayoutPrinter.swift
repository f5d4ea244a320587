/// Lays minified JSON out for people, without reading its values.
enum JSONLayoutPrinter {
    /// The text with a line a member and two spaces a level; what a terminal would obey is escaped.
    static func indented(_ json: [UInt8]) -> String {
        var output: [UInt8] = []
        var depth = 0
        var isInString = false
        var index = 0
        while index < json.count {
            let byte = json[index]
            if isInString {
                output.append(byte)
                if byte == UInt8(ascii: "\\"), index + 1 < json.count {
                    index += 1
                    output.append(json[index])
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else {
                append(byte, next: index + 1 < json.count ? json[index + 1] : nil, &depth, &output)
                isInString = byte == UInt8(ascii: "\"")
            }
            index += 1
        }
        return String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { VisibleText.escaped(String($0)) }.joined(separator: "\n")
    }

    private static func append(_ byte: UInt8, next: UInt8?, _ depth: inout Int, _ output: inout [UInt8]) {
        let closers = [UInt8(ascii: "}"), UInt8(ascii: "]")]
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            output.append(byte)
            depth += 1
            if let next, !closers.contains(next) { breakLine(depth, &output) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            let isEmpty = output.last == UInt8(ascii: "{") || output.last == UInt8(ascii: "[")
            if !isEmpty { breakLine(depth, &output) }
            output.append(byte)
        case UInt8(ascii: ","):
            output.append(byte)
            breakLine(depth, &output)
        case UInt8(ascii: ":"): output.append(contentsOf: ": ".utf8)
        default: output.append(byte)
        }
    }

    private static func breakLine(_ depth: Int, _ output: inout [UInt8]) {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}

/// Makes text of strangers fit for a terminal: what it would obey or hide is shown instead.
enum VisibleText {
    /// The text with control characters, and those that reorder a line, written as escapes.
    static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars { append(scalar, to: &output) }
        return output
    }

    /// The text in double quotes, escaped as JSON would be and beyond.
    static func quoted(_ text: some StringProtocol) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { output += "\\" }
            append(scalar, to: &output)
        }
        return output + "\""
    }

    /// Whether nothing in the text needs an escape.
    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { !isDangerous($0) }
    }

    private static func append(_ scalar: Unicode.Scalar, to output: inout String) {
        switch scalar {
        case "\n": output += "\\n"
        case "\r": output += "\\r"
        case "\t": output += "\\t"
        case _ where isDangerous(scalar):
            let digits = String(scalar.value, radix: 16)
            output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: output.unicodeScalars.append(scalar)
        }
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // C0, DEL and C1, all obeyed by terminals; then the marks that change the direction of text.
        case 0..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

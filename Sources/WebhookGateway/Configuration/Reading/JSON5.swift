import FoundationEssentials

/// Reads JSON5 by Foundation's decoder, which ends the process on bytes that are not UTF-8: the one place that calls it.
enum JSON5 {
    /// The value of a text.
    ///
    /// - Throws: `JSON5Outline.Failure` with the place where the text breaks; the decoder's own error for what only it
    ///   minds (an escape that stands for no character).
    static func value(of bytes: [UInt8]) throws -> JSONValue {
        _ = try JSON5Outline(bytes)
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        // The decoder looks at the byte after a number, also where the text ends with it.
        return try decoder.decode(JSONValue.self, from: Data(bytes + [UInt8(ascii: "\n")]))
    }
}

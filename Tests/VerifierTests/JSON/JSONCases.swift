import Verifiers

/// Texts after the pattern of Nicolas Seriot's JSONTestSuite: what must be accepted and what must be refused, and why.
enum JSONCases {
    static let accepted: [String] = [
        "null", "true", "false", "0", "-0", "-1", "123456789012345678901234567890", "1.5", "0.1e-5", "1E+2", "1e2",
        "\"\"",
        "[]", "{}", " [ ] ", "\t{\r\n}\n", "[1,2,3]", "[[],[[]]]", "[null,true,false]", "{\"a\":1}", "{\"\":0}",
        "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":[{\"c\":null}]}}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"",
        "\"\\u20ac\"", "\"\\uD834\\uDD1E\"", "\"\\ud834\\udd1e\"", "\"\\uD800\"", "\"\\uDC00\\uD800\"",
        "\"\\uD800\\n\"",
        "\"\\uD800\\uD800\\uDC00\"", "\"€\"", "\"𝄞\"", "\"\u{7F}\"", "\"\u{2028}\u{2029}\"", "\"\u{10FFFF}\"",
        "\"\u{FFFE}\"",
        "\"twelve bytes\"", "\"exactly eight and more and more than that, with € in the middle of everything\"",
        "\"\\\\\"", "\"a\\\\\"", "[\"a\" , 1 ]", "{ \"a\" : 1 , \"b\" : 2 }",
        "\u{20}\u{09}\u{0A}\u{0D}1\u{20}\u{09}\u{0A}\u{0D}",
        "[1E22]", "[-0.0]", "[1e-999]", String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
    ]

    static let refused: [(text: String, reason: JSONError.Reason, offset: Int)] = [
        ("", .empty, 0), (" ", .truncated, 1), ("\u{FEFF}{}", .byteOrderMark, 0),
        ("nul", .truncated, 3), ("nulL", .expectedValue, 0), ("True", .expectedValue, 0), ("truth", .expectedValue, 0),
        ("undefined", .expectedValue, 0), ("NaN", .expectedValue, 0), ("Infinity", .expectedValue, 0),
        ("-Infinity", .invalidNumber, 1), ("+1", .expectedValue, 0), (".5", .expectedValue, 0),
        ("01", .invalidNumber, 1),
        ("-01", .invalidNumber, 2), ("1.", .truncated, 2), ("1.e1", .invalidNumber, 2), ("1e", .truncated, 2),
        ("1e+", .truncated, 3), ("[1e+]", .invalidNumber, 4), ("-", .truncated, 1), ("[-]", .invalidNumber, 2),
        ("0x1F", .trailingBytes, 1), ("1 2", .trailingBytes, 2), ("[1]x", .trailingBytes, 3),
        ("{}{}", .trailingBytes, 2),
        ("[1,]", .expectedValue, 3), ("[,1]", .expectedValue, 1), ("[1 2]", .expectedCommaOrEnd, 3),
        ("[1", .truncated, 2),
        ("[", .truncated, 1), ("]", .expectedValue, 0), ("[1}", .expectedCommaOrEnd, 2),
        ("{\"a\":1]", .expectedCommaOrEnd, 6),
        ("{a:1}", .expectedKey, 1), ("{'a':1}", .expectedKey, 1), ("{\"a\"}", .expectedColon, 4),
        ("{\"a\" 1}", .expectedColon, 5),
        ("{\"a\":}", .expectedValue, 5), ("{\"a\":1,}", .expectedKey, 7), ("{1:1}", .expectedKey, 1),
        ("{,}", .expectedKey, 1),
        ("{\"a\":1 \"b\":2}", .expectedCommaOrEnd, 7), ("{\"a\"", .truncated, 4),
        ("[\"a\": 1]", .expectedCommaOrEnd, 4),
        ("'a'", .expectedValue, 0), ("\"a", .truncated, 2), ("\"a\u{0}b\"", .controlCharacter, 2),
        ("\"a\nb\"", .controlCharacter, 2),
        ("\"a long enough text\tto skip\"", .controlCharacter, 19), ("\"\\a\"", .invalidEscape, 1),
        ("\"\\u12g4\"", .invalidEscape, 1),
        ("\"\\u12\"", .invalidEscape, 1), ("\"\\uD800\\u12\"", .invalidEscape, 7), ("\"\\", .truncated, 2),
        ("\"\\u00", .truncated, 5),
        ("// x\n1", .expectedValue, 0), ("[1/**/]", .expectedCommaOrEnd, 2), ("\u{A0}1", .expectedValue, 0),
        ("\u{0C}1", .expectedValue, 0),
        (String(repeating: "[", count: 65), .tooDeep, 64), (String(repeating: "{\"a\":", count: 65), .tooDeep, 320),
    ]

    /// Not UTF-8 (RFC 3629): stray and missing continuations, overlong forms, surrogates, past U+10FFFF.
    static let notUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x22], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        [0xE2, 0x82],
        [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        [0xE2, 0x82, 0xAC, 0x80],
    ]

    /// A delivery's body in miniature: every kind of value, escapes, names with escapes, white space of all four kinds.
    static let sample = """
        {
          "id": "evt_1",\t"created": 1790000000, "rate": -12.50e+3,\r
          "data": { "object": { "custom\\u0065r": null, "list": [ 1, [ ], { } , "two, \\"three\\"" ], "ok": true } },
          "name": "Zoë 𝄞 \\ud834\\udd1e", "empty": "", "no": false
        }
        """
}

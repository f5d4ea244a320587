@testable import WebhookGateway

/// RFC 9112 §3.2, §5, §9 and RFC 9110 §5, §10.1.1: field lines, Host, Connection, Expect, limits.
let fieldCases: [FramingCase] = [
    .ok("9112 §5", "no white space after the colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET / []"),
    .ok("9112 §5", "white space around a value", "GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n", "GET / []"),
    .ok("9112 §5", "an empty value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", "GET / []"),
    .ok("9112 §5", "a value of blanks", "GET / HTTP/1.1\r\nHost: a\r\nX: \t \r\n\r\n", "GET / []"),
    .ok("9110 §5.5", "a tab inside a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n", "GET / []"),
    .ok(
        "9110 §5.5", "obs-text in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: caf\u{E9}\u{80}\u{FF}\r\n\r\n", "GET / []"),
    .ok("9110 §5.5", "colons in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a:b: c\r\n\r\n", "GET / []"),
    .ok(
        "9110 §5.1", "names in any case", "GET / HTTP/1.1\r\nhOST: a\r\ncONNECTION: CLOSE\r\n\r\n", "GET / []",
        closes: true),
    .ok(
        "9110 §5.6.2", "every tchar in a name", "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n",
        "GET / []"),
    .ok("9110 §5.3", "a repeated field", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n", "GET / []"),
    .ok(
        "9112 §5", "a name that looks like framing", "GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n",
        "GET / []"),
    .ok("9112 §3.2", "Host with a port", "GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n", "GET / []"),
    .ok("9112 §3.2", "Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET / []"),
    .ok("9112 §3.2", "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / []"),
    .ok("3986 §3.2.2", "Host as IPv4", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", "GET / []"),
    .ok("3986 §3.2.2", "Host as IPv6", "GET / HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n", "GET / []"),
    .ok("3986 §3.2.2", "Host with an escape", "GET / HTTP/1.1\r\nHost: a%2Db\r\n\r\n", "GET / []"),
    .ok("9112 §3.2", "Host last", "GET / HTTP/1.1\r\nX: 1\r\nHost: a\r\n\r\n", "GET / []"),
    .ok(
        "9112 §9.3", "Connection: close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / []",
        closes: true),
    .ok(
        "9112 §9.3", "close in a list", "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n", "GET / []",
        closes: true),
    .ok(
        "9112 §9.3", "close in a second line",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", "GET / []", closes: true),
    .ok("9112 §9.3", "keep-alive", "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "GET / []"),
    .ok(
        "9110 §7.6.1", "an option that resembles close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n",
        "GET / []"),
    .ok("9110 §7.6.1", "empty list members", "GET / HTTP/1.1\r\nHost: a\r\nConnection: ,, ,\r\n\r\n", "GET / []"),
    .ok(
        "9110 §7.8", "an upgrade is ignored",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET / []"),
    .ok("9112 §9.3", "HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / []"),
    .ok(
        "9112 §9.3", "HTTP/1.0 keep-alive and close", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
        "GET / []", closes: true),
    .ok("9112 §9.3", "HTTP/1.0 with Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET / []", closes: true),
    .ok(
        "9110 §10.1.1", "an expectation in HTTP/1.0 is ignored",
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "POST / [x]", closes: true),
    .ok(
        "9110 §10.1.1", "an expectation, body sent at once",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", "POST / [x]"),
    .ok(
        "9110 §10.1.1", "an expectation without a body", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        "GET / []"),
    .ok("6585 §5", "a hundred fields", manyFields(100), "GET / []"),
    .ok("6585 §5", "a head of 16384 bytes", largeHead(16384), "GET / []"),

    .no("6585 §5", "a hundred and one fields", manyFields(101), .tooManyFields),
    .no("6585 §5", "a head of 16385 bytes", largeHead(16385), .headTooLarge),
    .no(
        "6585 §5", "an endless field", "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 17000),
        .headTooLarge),
    .no(
        "6585 §5", "an endless name", "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "x", count: 17000),
        .headTooLarge),
    .no("9112 §5.1", "a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", .whitespaceBeforeColon),
    .no("9112 §5.1", "a tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: 1\r\n\r\n", .whitespaceBeforeColon),
    .no(
        "9112 §5.1", "a space before a framing colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello",
        .whitespaceBeforeColon),
    .no("9112 §5.2", "a folded value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", .foldedField),
    .no("9112 §5.2", "a value folded with a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n", .foldedField),
    .no("9112 §2.2", "white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
    .no("9112 §2.2", "a line of blanks", "GET / HTTP/1.1\r\nHost: a\r\n  \r\n\r\n", .foldedField),
    .no("9112 §5", "no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .malformedFieldLine),
    .no("9112 §5", "an empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", .malformedFieldName),
    .no("9110 §5.1", "a name with a space", "GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", .whitespaceBeforeColon),
    .no("9110 §5.1", "a name with a bracket", "GET / HTTP/1.1\r\nHost: a\r\nX[0]: 1\r\n\r\n", .malformedFieldName),
    .no(
        "9110 §5.1", "a name above ASCII", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encod\u{EF}ng: chunked\r\n\r\n",
        .malformedFieldName),
    .no("9110 §5.1", "a name in quotes", "GET / HTTP/1.1\r\nHost: a\r\n\"X\": 1\r\n\r\n", .malformedFieldName),
    .no("9110 §5.5", "NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", .controlCharacter),
    .no("9110 §5.5", "NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", .controlCharacter),
    .no(
        "9110 §5.5", "a control character in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{01}b\r\n\r\n",
        .controlCharacter),
    .no("9110 §5.5", "a vertical tab", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{0B}chunked\r\n\r\n", .controlCharacter),
    .no("9110 §5.5", "DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", .controlCharacter),
    .no("9112 §2.2", "CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", .bareCarriageReturn),
    .no("9112 §2.2", "LF ends a field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n", .bareLineFeed),
    .no("9112 §2.2", "LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\nGET / HTTP/1.1\r\n", .bareLineFeed),
    .no("9112 §2.2", "CR alone ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", .bareCarriageReturn),
    .no("9112 §3.2", "no Host", "GET / HTTP/1.1\r\n\r\n", .missingHost),
    .no("9112 §3.2", "no Host with absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
    .no("9112 §3.2", "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .repeatedHost),
    .no("9112 §3.2", "two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", .repeatedHost),
    .no("9112 §3.2", "two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .repeatedHost),
    .no("9112 §3.2", "a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .malformedHost),
    .no("9112 §3.2", "Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
    .no("9112 §3.2", "Host with user info", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .malformedHost),
    .no("9112 §3.2", "Host with a scheme", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", .malformedHost),
    .no("9112 §3.2", "Host with a port that is none", "GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", .malformedHost),
    .no("9112 §3.2", "Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:90\r\n\r\n", .malformedHost),
    .no("3986 §3.2.2", "Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .malformedHost),
    .no("3986 §3.2.2", "Host with text after the bracket", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", .malformedHost),
    .no("3986 §2.1", "Host with a broken escape", "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", .malformedHost),
    .no("9110 §5.5", "Host above ASCII", "GET / HTTP/1.1\r\nHost: caf\u{E9}\r\n\r\n", .malformedHost),
    .no(
        "9110 §10.1.1", "another expectation",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\nx", .unsupportedExpectation),
    .no(
        "9110 §10.1.1", "two expectations", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n",
        .unsupportedExpectation),
    .no(
        "9110 §10.1.1", "an empty expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n", .unsupportedExpectation),
]

private func manyFields(_ count: Int) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: 1\r\n", count: count - 1) + "\r\n"
}

private func largeHead(_ bytes: Int) -> String {
    let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
    let padding = String(repeating: "x", count: bytes - frame.utf8.count)
    return "GET / HTTP/1.1\r\nHost: a\r\nX: \(padding)\r\n\r\n"
}

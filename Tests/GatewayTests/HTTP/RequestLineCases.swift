@testable import WebhookGateway

/// RFC 9112 §2.2, §2.3, §3: line ends, the request line, targets, versions.
let requestLineCases: [FramingCase] = [
    .ok("9112 §3", "the shortest request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / []"),
    .ok("9112 §3.2.1", "path and query", "GET /a/b?x=1&y=%20 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a/b?x=1&y=%20 []"),
    .ok("9112 §3.2.1", "an empty query", "GET /a? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a? []"),
    .ok("9112 §3.2.1", "doubled slashes", "GET //a//b HTTP/1.1\r\nHost: a\r\n\r\n", "GET //a//b []"),
    .ok("9112 §3.2.1", "dot segments stay", "GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /../x []"),
    .ok("9112 §3", "characters beyond the grammar", "GET /{a}|b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /{a}|b []"),
    .ok(
        "9112 §3.2.2", "absolute form", "GET http://h.example/p HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://h.example/p []"),
    .ok("9112 §3.2.2", "absolute form, https", "GET HTTPS://h:8/p HTTP/1.1\r\nHost: a\r\n\r\n", "GET HTTPS://h:8/p []"),
    .ok("9112 §3.2.2", "absolute form, no path", "GET http://h HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://h []"),
    .ok("9112 §3.2.2", "absolute form, query only", "GET http://h?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://h?q []"),
    .ok(
        "3986 §3.2.2", "absolute form, IPv6", "GET http://[::1]:80/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://[::1]:80/ []"),
    .ok("9112 §3.2.4", "asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * []"),
    .ok("9110 §9.1", "a method of one's own", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /pot []"),
    .ok("9110 §9.1", "a method in lower case is another", "post / HTTP/1.1\r\nHost: a\r\n\r\n", "post / []"),
    .ok(
        "9110 §5.6.2", "every tchar in a method", "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nHost: a\r\n\r\n",
        "!#$%&'*+-.^_`|~09azAZ / []"),
    .ok("9110 §9.3.2", "HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / []"),
    .ok("9112 §2.2", "one empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / []"),
    .ok("9112 §2.2", "four empty lines first", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / []"),
    .ok(
        "9112 §2.2", "an empty line after a body", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\n",
        "POST /a [x]"),
    .ok("9112 §2.3", "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET / []", closes: true),
    .ok("9112 §3", "a request line of 8192 bytes", longLine(8192), "GET \(longTarget(8192)) []"),

    .no("9112 §3", "a request line of 8193 bytes", longLine(8193), .requestLineTooLong),
    .no("9112 §3", "an endless request line", String(repeating: "A", count: 9000), .requestLineTooLong),
    .no(
        "9112 §2.2", "five empty lines first", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        .tooManyEmptyLines),
    .no("9112 §2.2", "a bare LF first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
    .no("9112 §2.2", "a bare CR first", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
    .no("9112 §2.2", "white space before the request line", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedMethod),
    .no("9112 §2.2", "LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
    .no("9112 §2.2", "LF ends everything", "GET / HTTP/1.1\nHost: a\n\n", .bareLineFeed),
    .no("9112 §2.2", "CR in the request line", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
    .no("9112 §2.2", "CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .bareCarriageReturn),
    .no("9112 §3", "NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", .controlCharacter),
    .no("9112 §3", "DEL in the target", "GET /a\u{7F}b HTTP/1.1\r\nHost: a\r\n\r\n", .controlCharacter),
    .no("9112 §3", "an escape character", "GET /\u{1B}[31m HTTP/1.1\r\nHost: a\r\n\r\n", .controlCharacter),
    .no("9112 §3.2", "bytes above ASCII in the target", "GET /caf\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3.2", "a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3", "two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
    .no("9112 §3", "two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .malformedVersion),
    .no("9112 §3", "a tab between", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedMethod),
    .no("9112 §3", "a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3", "a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedVersion),
    .no("9112 §3", "a space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformedVersion),
    .no("9112 §3", "no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
    .no("1945 §5.1", "HTTP/0.9", "GET /\r\n", .malformedRequestLine),
    .no("9112 §3.1", "no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedMethod),
    .no("9112 §3.1", "a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedMethod),
    .no("9112 §3.1", "a method above ASCII", "G\u{C9}T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedMethod),
    .no(
        "9112 §3.1", "a method of 33 bytes", String(repeating: "M", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n",
        .methodTooLong),
    .no("9112 §3.2.1", "a relative target", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3.2.4", "asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3.2.3", "authority form with GET", "GET h:443 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3.2.3", "CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", .unsupportedMethod),
    .no("9112 §3.2.2", "absolute form, other scheme", "GET ftp://h/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3.2.2", "absolute form, no authority", "GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9110 §4.2.1", "absolute form, port only", "GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9110 §4.2.4", "absolute form, user info", "GET http://u@h/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §3.2.2", "absolute form, backslash", "GET http://h\\x/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    .no("9112 §2.3", "HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
    .no("9113 §3.4", "the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
    .no("9112 §2.3", "HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", .unsupportedVersion),
    .no("9112 §2.3", "HTTP/0.9 by name", "GET / HTTP/0.9\r\n\r\n", .unsupportedVersion),
    .no("9112 §2.3", "a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", .malformedVersion),
    .no("9112 §2.3", "a version with more digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .malformedVersion),
    .no("9112 §2.3", "a version without a minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", .malformedVersion),
    .no("9112 §2.3", "another protocol", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", .malformedVersion),
    .no("8446 §5.1", "a TLS hello on a plain port", "\u{16}\u{03}\u{01}\u{02}\0\u{01}", .controlCharacter),
    .no("4253 §4.2", "an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n", .malformedRequestLine),
]

private func longTarget(_ lineBytes: Int) -> String {
    "/" + String(repeating: "a", count: lineBytes - "GET / HTTP/1.1".count)
}

private func longLine(_ bytes: Int) -> String {
    "GET \(longTarget(bytes)) HTTP/1.1\r\nHost: a\r\n\r\n"
}

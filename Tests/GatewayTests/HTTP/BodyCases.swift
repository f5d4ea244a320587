@testable import WebhookGateway

/// RFC 9112 §6, §7: lengths, transfer codings, chunks, trailers; where requests are smuggled.
let bodyCases: [FramingCase] = [
    .ok("9112 §6.3", "Content-Length", post("Content-Length: 5", "hello"), "POST /b [hello]"),
    .ok("9112 §6.3", "Content-Length: 0", post("Content-Length: 0", ""), "POST /b []"),
    .ok("9112 §6.3", "leading zeros", post("Content-Length: 0005", "hello"), "POST /b [hello]"),
    .ok("9112 §6.3", "white space around the length", post("Content-Length: \t5 ", "hello"), "POST /b [hello]"),
    .ok("9112 §6.3", "no length, no body", "POST /b HTTP/1.1\r\nHost: a\r\n\r\n", "POST /b []"),
    .ok("9110 §9.3.1", "GET with a body", "GET /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "GET /b [hi]"),
    .ok(
        "9112 §6.3", "a body that looks like a request", post("Content-Length: 18", "GET / HTTP/1.1\r\n\r\n"),
        "POST /b [GET / HTTP/1.1\r\n\r\n]"),
    .ok(
        "9112 §6.3", "HTTP/1.0 with a length", "POST /b HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", "POST /b [hi]",
        closes: true),
    .ok(
        "9112 §9.3.2", "three requests in a row",
        post("Content-Length: 1", "x") + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n" + post("Content-Length: 2", "yz"),
        "POST /b [x]", "GET /2 []", "POST /b [yz]"),
    .ok(
        "9112 §9.3.2", "nothing is read after close",
        post("Content-Length: 1\r\nConnection: close", "x") + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "POST /b [x]",
        closes: true),
    .ok("9112 §7.1", "one chunk", .chunks("5\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1", "chunks", .chunks("2\r\nhe\r\n1\r\nl\r\n2\r\nlo\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1", "no data", .chunks("0\r\n\r\n"), "POST /c []"),
    .ok(
        "9112 §7.1", "hexadecimal sizes in both cases", .chunks("A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n"),
        "POST /c [01234567890123456789a]"),
    .ok("9112 §7.1", "leading zeros in a size", .chunks("0005\r\nhello\r\n000\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1", "fifteen digits", .chunks("000000000000005\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1", "data that looks like chunks", .chunks("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), "POST /c [0\r\n\r\n]"),
    .ok(
        "9112 §7.1", "CHUNKED in capitals",
        "POST /c HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n", "POST /c []"),
    .ok("9112 §7.1.1", "an extension", .chunks("5;a=b\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1.1", "an extension without a value", .chunks("5;a\r\nhello\r\n0;z\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1.1", "extensions", .chunks("5;a=b;c;d=e\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1.1", "a quoted extension", .chunks("5;a=\"b;\\\"c\"\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1.1", "an empty quoted extension", .chunks("5;a=\"\"\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok(
        "9112 §7.1.1", "white space in extensions", .chunks("5 \t; a = b ; c\r\nhello\r\n0\r\n\r\n"), "POST /c [hello]"),
    .ok("9112 §7.1.2", "a trailer", .chunks("1\r\nx\r\n0\r\nDigest: sha-256=abc\r\n\r\n"), "POST /c [x]"),
    .ok("9112 §7.1.2", "trailers", .chunks("0\r\nA: 1\r\nB:\r\nC: \u{E9}\t\r\n\r\n"), "POST /c []"),
    .ok(
        "9112 §9.3.2", "chunks twice", .chunks("1\r\nx\r\n0\r\n\r\n") + .chunks("1\r\ny\r\n0\r\n\r\n"), "POST /c [x]",
        "POST /c [y]"),
    .ok(
        "9110 §10.1.1", "an expectation and chunks",
        "POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "POST /c [x]"),

    .no(
        "9112 §6.1", "length and coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        .contentLengthWithTransferEncoding),
    .no(
        "9112 §6.1", "coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        .contentLengthWithTransferEncoding),
    .no(
        "9112 §6.1", "coding and length zero", post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n"),
        .contentLengthWithTransferEncoding),
    .no(
        "9112 §6.3", "differing lengths", post("Content-Length: 5\r\nContent-Length: 6", "hello"),
        .repeatedContentLength),
    .no(
        "9112 §6.3", "equal lengths in two lines", post("Content-Length: 5\r\nContent-Length: 5", "hello"),
        .repeatedContentLength),
    .no("9112 §6.3", "equal lengths in a list", post("Content-Length: 5, 5", "hello"), .malformedContentLength),
    .no("9112 §6.3", "an empty length", post("Content-Length:", ""), .malformedContentLength),
    .no("9112 §6.3", "a length with a sign", post("Content-Length: +5", "hello"), .malformedContentLength),
    .no("9112 §6.3", "a negative length", post("Content-Length: -5", "hello"), .malformedContentLength),
    .no("9112 §6.3", "a hexadecimal length", post("Content-Length: 0x5", "hello"), .malformedContentLength),
    .no("9112 §6.3", "a length with a space", post("Content-Length: 1 0", "hello"), .malformedContentLength),
    .no("9112 §6.3", "a length with a fraction", post("Content-Length: 5.0", "hello"), .malformedContentLength),
    .no("9112 §6.3", "a length with an underscore", post("Content-Length: 1_0", "hello"), .malformedContentLength),
    .no("9112 §6.3", "a length in other digits", post("Content-Length: \u{B2}", "hi"), .malformedContentLength),
    .no("9112 §6.3", "a quoted length", post("Content-Length: \"5\"", "hello"), .malformedContentLength),
    .no(
        "9112 §6.3", "a length of twenty digits", post("Content-Length: 00000000000000000005", "hello"),
        .malformedContentLength),
    .no(
        "9112 §6.3", "a length that overflows", post("Content-Length: 9999999999999999999", "hello"),
        .malformedContentLength),
    .no("9110 §15.5.14", "a length over the limit", post("Content-Length: 65537", "hello"), .bodyTooLarge),
    .no("9110 §15.5.14", "the largest length", post("Content-Length: 9223372036854775807", ""), .bodyTooLarge),
    .no(
        "9112 §6.1", "two codings in two lines",
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), .malformedTransferEncoding),
    .no(
        "9112 §6.1", "a second coding hides", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no(
        "9112 §7", "chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), .malformedTransferEncoding
    ),
    .no(
        "9112 §6.3", "chunked not last", post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no(
        "9112 §6.3", "chunked and an empty member", post("Transfer-Encoding: chunked,", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no(
        "9112 §6.3", "an empty member first", post("Transfer-Encoding: ,chunked", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no(
        "9112 §6.1", "gzip and chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"),
        .unsupportedTransferEncoding),
    .no("9112 §6.3", "gzip alone", post("Transfer-Encoding: gzip", "x"), .malformedTransferEncoding),
    .no("9112 §7", "identity", post("Transfer-Encoding: identity", ""), .malformedTransferEncoding),
    .no(
        "9112 §6.1", "a coding that resembles chunked", post("Transfer-Encoding: xchunked", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no(
        "9112 §6.1", "chunked with a parameter", post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no(
        "9112 §6.1", "chunked in quotes", post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
        .malformedTransferEncoding),
    .no("9112 §6.1", "chunked by half", post("Transfer-Encoding: chun\tked", "0\r\n\r\n"), .malformedTransferEncoding),
    .no("9112 §6.1", "an empty coding", post("Transfer-Encoding:", ""), .malformedTransferEncoding),
    .no(
        "9112 §6.1", "an empty coding and a length", post("Transfer-Encoding:\r\nContent-Length: 5", "hello"),
        .malformedTransferEncoding),
    .no(
        "9112 §6.1", "a coding after a vertical tab", post("Transfer-Encoding: \u{0B}chunked", "0\r\n\r\n"),
        .controlCharacter),
    .no(
        "9112 §5.2", "a folded coding", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"), .malformedTransferEncoding),
    .no(
        "9112 §6.1", "a coding in HTTP/1.0", "POST /b HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        .transferEncodingInHTTP10),
    .no("9112 §7.1", "no size", .chunks("\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedSize)),
    .no("9112 §7.1", "a size that is no number", .chunks("g\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedSize)),
    .no("9112 §7.1", "a size with a prefix", .chunks("0x5\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedSize)),
    .no("9112 §7.1", "a negative size", .chunks("-1\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedSize)),
    .no("9112 §7.1", "a size with a sign", .chunks("+5\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedSize)),
    .no("9112 §7.1", "a space before a size", .chunks(" 5\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedSize)),
    .no("9112 §7.1", "a space after a size", .chunks("5 \r\nhello\r\n0\r\n\r\n"), .chunked(.malformedExtension)),
    .no("9112 §7.1", "sixteen digits", .chunks("0000000000000005\r\nhello\r\n0\r\n\r\n"), .chunked(.sizeTooLong)),
    .no(
        "9112 §7.1", "a size that would overflow", .chunks("FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
        .chunked(.sizeTooLong)),
    .no("9110 §15.5.14", "a chunk over the limit", .chunks("10001\r\nhello"), .chunked(.bodyTooLarge)),
    .no("9110 §15.5.14", "chunks over the limit", .chunks("1\r\nx\r\n10000\r\nhello"), .chunked(.bodyTooLarge)),
    .no("9112 §7.1", "LF after a size", .chunks("5\nhello\r\n0\r\n\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1", "CR alone after a size", .chunks("5\rhello\r\n0\r\n\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1", "LF after data", .chunks("5\r\nhello\n0\r\n\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1", "data longer than its size", .chunks("4\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1", "data shorter than its size", .chunks("6\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1", "CR and no LF after data", .chunks("5\r\nhello\r0\r\n\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1.1", "LF in an extension", .chunks("5;a\nhello\r\n0\r\n\r\n"), .chunked(.malformedExtension)),
    .no(
        "9112 §7.1.1", "LF in a quoted extension", .chunks("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
        .chunked(.malformedExtension)),
    .no(
        "9112 §7.1.1", "CR in a quoted extension", .chunks("5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"),
        .chunked(.malformedExtension)),
    .no(
        "9112 §7.1.1", "CR and no LF after an extension", .chunks("5;a\rX\r\nhello\r\n0\r\n\r\n"),
        .chunked(.malformedLineEnd)),
    .no(
        "9112 §7.1.1", "an extension without a name", .chunks("5;\r\nhello\r\n0\r\n\r\n"), .chunked(.malformedExtension)
    ),
    .no(
        "9112 §7.1.1", "an extension without its value", .chunks("5;a=\r\nhello\r\n0\r\n\r\n"),
        .chunked(.malformedExtension)),
    .no(
        "9112 §7.1.1", "text after a quoted value", .chunks("5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
        .chunked(.malformedExtension)),
    .no("9112 §7.1.1", "a blank after a name", .chunks("5;a \r\nhello\r\n0\r\n\r\n"), .chunked(.malformedExtension)),
    .no(
        "9112 §7.1.1", "an endless extension", .chunks("5;" + String(repeating: "a", count: 300)),
        .chunked(.malformedExtension)),
    .no(
        "9112 §7.1", "more framing than data", .chunks(String(repeating: "1\r\nx\r\n", count: 6000)),
        .chunked(.excessiveOverhead)),
    .no(
        "9110 §6.5.1", "a trailer with a length", .chunks("0\r\nContent-Length: 5\r\n\r\n"), .chunked(.forbiddenTrailer)
    ),
    .no(
        "9110 §6.5.1", "a trailer with a coding", .chunks("0\r\ntransfer-ENCODING: chunked\r\n\r\n"),
        .chunked(.forbiddenTrailer)),
    .no("9110 §6.5.1", "a trailer with Host", .chunks("0\r\nA: b\r\nHost: b\r\n\r\n"), .chunked(.forbiddenTrailer)),
    .no(
        "9110 §6.5.1", "a trailer with Connection", .chunks("0\r\nConnection: close\r\n\r\n"),
        .chunked(.forbiddenTrailer)),
    .no("9112 §7.1.2", "a trailer without a colon", .chunks("0\r\nA\r\n\r\n"), .chunked(.malformedTrailer)),
    .no(
        "9112 §7.1.2", "a trailer with a blank before its colon", .chunks("0\r\nA : b\r\n\r\n"),
        .chunked(.malformedTrailer)),
    .no("9112 §7.1.2", "a folded trailer", .chunks("0\r\nA: b\r\n c\r\n\r\n"), .chunked(.malformedTrailer)),
    .no("9112 §7.1.2", "LF ends a trailer", .chunks("0\r\nA: b\n\r\n"), .chunked(.malformedTrailer)),
    .no("9112 §7.1.2", "LF ends the trailers", .chunks("0\r\n\n"), .chunked(.malformedTrailer)),
    .no("9112 §7.1.2", "CR and no LF at the end", .chunks("0\r\n\rGET / HTTP/1.1\r\n"), .chunked(.malformedLineEnd)),
    .no("9112 §7.1.2", "a request for a trailer", .chunks("0\r\nGET /x HTTP/1.1\r\n\r\n"), .chunked(.malformedTrailer)),
    .no("9112 §7.1.2", "NUL in a trailer", .chunks("0\r\nA: \0\r\n\r\n"), .chunked(.malformedTrailer)),
    .no(
        "9112 §7.1.2", "trailers without end", .chunks("0\r\n" + String(repeating: "A: b\r\n", count: 700)),
        .chunked(.trailersTooLarge)),
]

private func post(_ fields: String, _ body: String) -> String {
    "POST /b HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
}

extension String {
    /// A POST in chunks: Host and Transfer-Encoding, then these bytes.
    fileprivate static func chunks(_ body: String) -> String {
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
    }
}

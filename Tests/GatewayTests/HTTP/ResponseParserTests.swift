import Testing
import Verifiers

@testable import WebhookGateway

@Suite struct ResponseParserTests {
    /// An answer and what it must be read as: "status body keep|last|cut", or an error.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let wire: String
        var isHead = false
        var endsWithConnection = false
        let result: Result<String, ResponseError>

        var testDescription: String { name }

        static func ok(_ name: String, _ wire: String, _ summary: String, isHead: Bool = false, end: Bool = false)
            -> Case
        {
            Case(name: name, wire: wire, isHead: isHead, endsWithConnection: end, result: .success(summary))
        }

        static func no(_ name: String, _ wire: String, _ error: ResponseError, end: Bool = false) -> Case {
            Case(name: name, wire: wire, endsWithConnection: end, result: .failure(error))
        }
    }

    static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    static let cases: [Case] = [
        .ok("Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello keep"),
        .ok("no content", "HTTP/1.1 204 No Content\r\n\r\n", "204  keep"),
        .ok("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304  keep"),
        .ok("HEAD with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200  keep", isHead: true),
        .ok("HEAD with chunks", chunked + "\r\n", "200  keep", isHead: true),
        .ok("an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200  keep"),
        .ok("chunks", chunked + "\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nA: b\r\n\r\n", "200 hello keep"),
        .ok("to the end", "HTTP/1.1 200 OK\r\n\r\nhello", "200 hello last", end: true),
        .ok("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 hi last"),
        .ok(
            "HTTP/1.0 keep-alive", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
            "200 hi keep"),
        .ok("close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", "200 hi last"),
        .ok("no reason", "HTTP/1.1 202 \r\nContent-Length: 0\r\n\r\n", "202  keep"),
        .ok("no reason, no space", "HTTP/1.1 202\r\nContent-Length: 0\r\n\r\n", "202  keep"),
        .ok("an unknown code", "HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", "599  keep"),
        .ok("an obs-text reason", "HTTP/1.1 200 \u{D6}K\r\nContent-Length: 0\r\n\r\n", "200  keep"),
        .ok("lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "200 hi keep"),
        .ok("a folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nhi", "200 hi keep"),
        .ok("a folded length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nhi", "200 hi keep"),
        .ok("equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2, 2\r\n\r\nhi", "200 hi keep"),
        .ok("length and coding", chunked + "Content-Length: 9\r\n\r\n1\r\nx\r\n0\r\n\r\n", "200 x last"),
        .ok("100 first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 hi keep"),
        .ok(
            "103 with fields first",
            "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200  keep"),
        .ok("bytes after the end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!", "200 hi last"),
        .ok(
            "a length over the limit", "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n" + filler(65),
            "200 \(filler(64)) cut"),
        .ok("chunks over the limit", chunked + "\r\n41\r\n" + filler(65), "200 \(filler(64)) cut"),
        .ok("a mistake past the limit", chunked + "\r\n41\r\n" + filler(65) + "xx", "200 \(filler(64)) cut"),
        .ok("to the end over the limit", "HTTP/1.1 200 OK\r\n\r\n" + filler(65), "200 \(filler(64)) cut"),
        .ok(
            "a body at the limit", "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + filler(64),
            "200 \(filler(64)) keep"),

        .no("nothing", "", .closedBeforeResponse, end: true),
        .no("half a head", "HTTP/1.1 200 OK\r\nCont", .endedEarly, end: true),
        .no("an interim answer only", "HTTP/1.1 100 Continue\r\n\r\n", .endedEarly, end: true),
        .no("half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", .endedEarly, end: true),
        .no("half the chunks", chunked + "\r\n5\r\nhello\r\n", .endedEarly, end: true),
        .no("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", .malformedStatusLine),
        .no("an empty line", "\r\n\r\n", .malformedStatusLine),
        .no("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
        .no("a code of letters", "HTTP/1.1 2x0 OK\r\n\r\n", .malformedStatusLine),
        .no("a code of four digits", "HTTP/1.1 2000 OK\r\n\r\n", .malformedStatusLine),
        .no("a code under 100", "HTTP/1.1 099 OK\r\n\r\n", .malformedStatusLine),
        .no("no colon", "HTTP/1.1 200 OK\r\nX\r\n\r\n", .malformedField),
        .no("a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", .malformedField),
        .no("a fold without a field", "HTTP/1.1 200 OK\r\n x\r\n\r\n", .malformedField),
        .no("NUL", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", .malformedField),
        .no("CR in a value", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", .malformedField),
        .no("differing lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi", .malformedContentLength),
        .no("a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", .malformedContentLength),
        .no(
            "a length too long", "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n",
            .malformedContentLength),
        .no(
            "another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            .unsupportedTransferEncoding),
        .no("two codings", chunked + "Transfer-Encoding: chunked\r\n\r\n", .unsupportedTransferEncoding),
        .no("101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", .unexpectedUpgrade),
        .no("nine interim answers", String(repeating: "HTTP/1.1 102 Wait\r\n\r\n", count: 9), .tooManyInterimResponses),
        .no("a broken chunk", chunked + "\r\nx\r\n", .chunked(.malformedSize)),
        .no("an endless head", "HTTP/1.1 200 OK\r\nX: " + filler(65600), .headTooLarge),
        .no("too many fields", "HTTP/1.1 200 OK\r\n" + String(repeating: "X:\r\n", count: 1001), .headTooLarge),
    ]

    @Test(arguments: cases)
    func `answers are read alike wherever they are split`(_ row: Case) {
        let bytes = latin1(row.wire)
        for split in Conversation.splitPoints(bytes.count) {
            let result = Self.read(bytes, split: split, row)
            // Bytes after the end are seen only when they come together with it.
            if row.name == "bytes after the end", split == bytes.count - 1 { continue }
            guard result == row.result else {
                Issue.record("split at \(split): \(result) instead of \(row.result)")
                return
            }
        }
    }

    @Test func `folded values are joined with spaces`() throws {
        var parser = ResponseParser(isHead: false, maxBodyBytes: 64)
        let wire = latin1("HTTP/1.1 200 OK\r\nX: a \r\n\tb\r\nContent-Length: 0\r\n\r\n")
        let response = try #require(try parser.received(wire.span))
        #expect(response.headers.first("x").map(Array.init) == latin1("a   \tb"))
    }

    @Test func `a parser knows whether an answer has begun`() throws {
        var parser = ResponseParser(isHead: false, maxBodyBytes: 64)
        #expect(!parser.hasBegun)
        let wire = latin1("H")
        #expect(try parser.received(wire.span) == nil)
        #expect(parser.hasBegun)
    }

    private static func read(_ bytes: [UInt8], split: Int, _ row: Case) -> Result<String, ResponseError> {
        var parser = ResponseParser(isHead: row.isHead, maxBodyBytes: 64)
        do throws(ResponseError) {
            for range in [0..<split, split..<bytes.count] {
                if let response = try parser.received(bytes.span.extracting(range)) {
                    return .success(summary(response))
                }
            }
            guard row.endsWithConnection else { return .success("incomplete") }
            return .success(summary(try parser.receivedEnd()))
        } catch {
            return .failure(error)
        }
    }

    private static func summary(_ response: ClientResponse) -> String {
        let body = String(decoding: response.body, as: UTF8.self)
        let end = response.isTruncated ? "cut" : response.keepAlive ? "keep" : "last"
        return "\(response.status.code) \(body) \(end)"
    }

    private static func filler(_ count: Int) -> String {
        String(repeating: "x", count: count)
    }
}

import FoundationEssentials
import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

struct LogTests {
    private let moment = Timestamp(seconds: 1_795_250_460, nanoseconds: 123_000_000)

    private func json(_ fields: Log.Fields) -> String {
        var line: [UInt8] = []
        LogLine.appendJSON(moment, .warning, "it \"happened\"", fields, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    private func human(_ fields: Log.Fields) -> String {
        var line: [UInt8] = []
        LogLine.appendHuman(moment, .info, "it happened", fields, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func `a JSON line holds time, level, message and fields in order`() {
        #expect(
            json(["a": "x\n\"y\"", "n": -3, "yes": true, "gone": .absent])
                == #"{"time":"2026-11-21T08:41:00.123Z","level":"warning","message":"it \"happened\"","a":"x\n\"y\"","n":-3,"yes":true}"#
                + "\n")
    }

    @Test func `a line for people cannot be abused by what it quotes`() {
        #expect(
            human(["id": "evt_1", "name": "a b", "evil": "\u{1B}[2J\u{9B}m\r\nfake=1", "empty": "", "n": 7])
                == "08:41:00.123 info    it happened id=evt_1 name=\"a b\" evil=\"\\u001b[2J\\u009bm\\r\\nfake=1\" empty=\"\" n=7\n"
        )
    }

    @Test func `long texts are cut at a character`() throws {
        let line = json(["long": .text(String(repeating: "é", count: 5_000)), "z": 1])
        #expect(line.utf8.count < 1_200)
        #expect(line.contains("é…\",\"z\":1}"))
        #expect(!line.contains("\u{FFFD}"))
    }

    @Test func `only lines that matter enough are written, each by itself`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let log = Log(level: .warning, format: .json, descriptor: ends[1])
        log.debug("a")
        log.info("b")
        log.warning("c", ["k": .number(UInt64.max)])
        log.error("d")
        close(ends[1])
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(ends[0], &buffer, buffer.count)
        close(ends[0])
        let lines = String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix(#""level":"warning","message":"c","k":9223372036854775807}"#) == true)
    }
}

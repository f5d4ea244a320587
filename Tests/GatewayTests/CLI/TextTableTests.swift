import Testing

@testable import WebhookGateway

struct TextTableTests {
    @Test func `columns are aligned and fit`() {
        var table = TextTable(["id", "what"])
        table.add(["1", "a long description"])
        table.add(["10000", "\u{1B}[31mred\n"])
        #expect(table.lines(width: nil) == ["id     what", "1      a long description", "10000  \\u001b[31mred\\n"])
        #expect(table.lines(width: 17) == ["id     what", "1      a long de…", "10000  \\u001b[31…"])
    }

    @Test func `the first column stays whole, and what may be left out makes room`() {
        var table = TextTable(["id", "name", "type", "subject"], optional: ["subject", "name"])
        table.add(["0123456789", "somebody", "payment.succeeded", "a subject of some length"])
        #expect(table.lines(width: 200)[1] == "0123456789  somebody  payment.succeeded  a subject of some length")
        #expect(table.lines(width: 60)[1] == "0123456789  somebody  payment.succeeded  a subject of some …")
        #expect(table.lines(width: 45) == ["id          name      type", "0123456789  somebody  payment.succeeded"])
        #expect(table.lines(width: 30) == ["id          type", "0123456789  payment.succeeded"])
        #expect(table.lines(width: 21)[1] == "0123456789  payment.…")
        #expect(table.lines(width: 12)[1] == "0123456…  payment…")
    }
}

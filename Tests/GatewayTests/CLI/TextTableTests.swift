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
}

import Testing

@testable import WebhookGateway

struct EventStreamReaderTests {
    private static let text =
        "retry: 2000\n\n: a comment\nid: 7-a\nevent: event\ndata: {\"n\":1}\n\ndata: one\ndata:two\n\nid: 8-b\r\ndata\r\n\r\nevent: none\n\n"

    private static let messages: [EventStreamReader.Message] = [
        .init(kind: "event", data: #"{"n":1}"#), .init(kind: "message", data: "one\ntwo"),
        .init(kind: "message", data: ""),
    ]

    @Test func `messages come out whole, whatever the pieces`() {
        for size in 1...Self.text.utf8.count {
            var reader = EventStreamReader()
            var rest = Array(Self.text.utf8)[...]
            var messages: [EventStreamReader.Message] = []
            while !rest.isEmpty {
                messages += reader.read(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(messages == Self.messages, "in pieces of \(size)")
            #expect(reader.lastID == "8-b")
        }
    }

    @Test func `what has not ended is no message, and the last id outlives the stream`() {
        var reader = EventStreamReader(lastID: "5-x")
        #expect(reader.read(Array("data: half".utf8)).isEmpty)
        #expect(reader.lastID == "5-x")
    }
}

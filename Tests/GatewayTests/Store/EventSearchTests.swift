import Testing

@testable import WebhookGateway

@ControlPlane
struct EventSearchTests {
    @Test func `thousands of events of one millisecond are paged without a gap or a double`() async throws {
        try await StoreFixture.run { store in
            let ids = (0..<1_050).map { StoreFixture.id($0) }
            for (number, id) in ids.enumerated() {
                store.connection.send([
                    "SET", .text(store.keys.event(id)), .text("{}\n\(StoreFixture.json(number))\nraw"),
                ]) { _ in }
                let source = number.isMultiple(of: 3) ? "square" : "stripe"
                store.connection.send(["ZADD", .text(store.keys.index(source)), 1_795_000_000_000, .text(id)]) { _ in }
            }
            let search = EventSearch(connection: store.connection, keys: store.keys, sources: ["square", "stripe"])
            var told: [String] = []
            var cursor: EventCursor?
            repeat {
                let page = try await search.list(EventQuery(), limit: 170, after: cursor)
                told += page.events.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(told == ids.reversed())
        }
    }

    @Test func `what has expired is passed over`() async throws {
        try await StoreFixture.run { store in
            let key = store.keys.index("stripe")
            _ = try await store.connection.pipeline([
                ["ZADD", .text(key), 1, .text(StoreFixture.id(1)), 2, .text(StoreFixture.id(2))],
                ["SET", .text(store.keys.event(StoreFixture.id(1))), .text("{}\n\(StoreFixture.json(1))\n")],
            ])
            let search = EventSearch(connection: store.connection, keys: store.keys, sources: ["stripe"])
            #expect(try await search.list(EventQuery(), limit: 10).events.map(\.id) == [StoreFixture.id(1)])
        }
    }

    @Test(arguments: ["", "x", "12", "12-", "-12"]) func `what is no cursor is refused`(text: String) {
        #expect(EventCursor(text) == nil)
    }

    @Test func `a cursor reads what it writes`() {
        let cursor = EventCursor(receivedAt: 1_795_000_000_000, id: "01-x")
        #expect(EventCursor(cursor.description) == cursor)
    }
}

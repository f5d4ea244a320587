import Testing

@testable import WebhookGateway

struct ULIDTests {
    @Test func `the text form is the specification's`() throws {
        // github.com/ulid/spec: 01ARZ3NDEKTSV4RRFFQ69G5FAV was made at 1469922850259 ms.
        let id = try #require(ULID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        #expect(id.unixMilliseconds == 1_469_922_850_259)
        #expect(id.description == "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        #expect(ULID("01arz3ndektsv4rrffq69g5fav") == id)
    }

    @Test(arguments: [
        "", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "81ARZ3NDEKTSV4RRFFQ69G5FAV",
        "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FA ", "01ARZ3NDEKTSV4RRFFQ69G5FÄ",
    ])
    func `what is no ULID is not read as one`(_ text: String) {
        #expect(ULID(text) == nil)
    }

    @Test func `ids grow, within a millisecond and when the clock steps back`() {
        var generator = ULIDGenerator()
        var last = generator.next(milliseconds: 1000)
        var texts = [last.description]
        for step in 1..<5000 {
            let time: Int64 = step < 3000 ? 1000 : step < 4000 ? 990 : 1001
            let id = generator.next(milliseconds: time)
            #expect(id > last)
            last = id
            texts.append(id.description)
        }
        #expect(texts == texts.sorted())
        #expect(Set(texts).count == texts.count)
    }

    @Test func `an id tells when it was made`() {
        var generator = ULIDGenerator()
        #expect(generator.next(milliseconds: 1_795_000_000_123).unixMilliseconds == 1_795_000_000_123)
    }
}

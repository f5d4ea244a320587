import Testing

@testable import WebhookGateway

@Suite struct ProgramPagesTests {
    /// In pages, as /proc tells it: size, resident, shared, …
    private func residentPages() throws -> Int {
        let figures = try String(decoding: HostFile.read("/proc/self/statm"), as: UTF8.self).split(separator: " ")
        return try #require(figures.count > 1 ? Int(figures[1]) : nil)
    }

    @Test func `code that was used is given back, and comes again when it is used again`() throws {
        let before = try residentPages()
        ProgramPages.release()
        #expect(try residentPages() < before)
        var ids = ULIDGenerator()
        let id = ids.next(milliseconds: 1)
        #expect(ULID(id.description) == id)
    }
}

import Testing

@testable import WebhookGateway

/// What a gateway knows of the store's loss.
@ControlPlane
struct StoreTallyTests {
    @Test func `it keeps the store's last word over a restart of the process`() throws {
        let directory = try TemporaryDirectory()
        try with(directory) { tally in
            tally.note(total: 3, fresh: 3)
            tally.note(total: 5, fresh: 2)
            #expect(tally.record.confirmed == 5)
            #expect(tally.record.lost == 0)
        }
        let kept = try #require(StoreTally.records(in: directory.path).first)
        #expect(kept.confirmed == 5)
        try with(directory) { #expect($0.record == kept) }
    }

    @Test func `a store that has lost its last writes is noticed by its next answer`() throws {
        let directory = try TemporaryDirectory()
        try with(directory) { tally in
            tally.note(total: 100, fresh: 100)
            // It came back with 90 and stored 4 more.
            tally.note(total: 94, fresh: 4)
            #expect(tally.record.lost == 10)
            #expect(tally.record.missing(present: 94) == 10)
            // Empty, and nobody has asked it anything yet.
            #expect(tally.record.missing(present: nil) == 104)
        }
    }

    @Test func `events whose answer was lost are no loss`() throws {
        let directory = try TemporaryDirectory()
        try with(directory) { tally in
            tally.note(total: 10, fresh: 10)
            // Five more were stored, and the connection broke before that was said.
            tally.note(total: 17, fresh: 2)
            #expect(tally.record.lost == 0)
            #expect(tally.record.missing(present: 17) == 0)
        }
    }

    @Test func `each writer has a file of its own, and a damaged one is begun anew`() throws {
        let directory = try TemporaryDirectory()
        try with(directory) { first in
            try with(directory) { second in #expect(first.field != second.field) }
        }
        #expect(StoreTally.records(in: directory.path).count == 2)
        try HostFile.replace("\(directory.path)/tally/0", Array("nonsense".utf8))
        #expect(StoreTally.records(in: directory.path).count == 1)
        try with(directory) { #expect($0.record.confirmed == 0) }
    }

    private func with(_ directory: borrowing TemporaryDirectory, _ body: (StoreTally) throws -> Void) throws {
        try body(StoreTally(directory: directory.path, loop: ControlPlane.loop, log: Log(level: .error, descriptor: 2)))
    }
}

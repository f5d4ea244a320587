import Glibc
import Testing

@testable import WebhookGateway

struct SpoolFolderTests {
    @Test func `segments follow each other at their size, and are read in order`() throws {
        let folder = try TemporaryFolder()
        let status = SpoolStatus(maxBytes: 1 << 20)
        let spool = try SpoolFolder.create(in: folder.path + "/spool", named: "one", status: status)
        let records = SpoolRecord.samples(60)
        for start in stride(from: 0, to: 60, by: 5) {
            let group = Array(records[start..<start + 5])
            #expect(status.reserve(SpoolFolder.room(for: group)))
            try spool.append(group, segmentBytes: 2000)
        }
        #expect(spool.segments.count > 3)
        #expect(status.figures.bytes == spool.segments.reduce(0) { $0 + $1.size })
        #expect(status.figures.events == 60)
        var read: [SpoolRecord] = []
        while let segment = spool.segments.first {
            while let record = try segment.next() { read.append(record) }
            #expect(segment.isExhausted)
            #expect(try spool.finish(segment) == nil)
        }
        #expect(read.map(\.fingerprint) == records.map(\.fingerprint))
        #expect(status.figures.bytes == 0)
        spool.remove()
        #expect(SpoolFolder.list(folder.path + "/spool").isEmpty)
    }

    @Test func `records that come while the segment is read are read, too`() throws {
        let folder = try TemporaryFolder()
        let spool = try SpoolFolder.create(in: folder.path, named: "one", status: SpoolStatus(maxBytes: 1 << 20))
        let records = SpoolRecord.samples(3)
        for record in records {
            try spool.append([record], segmentBytes: 1 << 20)
            #expect(try spool.segments[0].next()?.fingerprint == record.fingerprint)
            #expect(try spool.segments[0].next() == nil)
        }
    }

    @Test func `a folder is taken over only when its process is gone`() throws {
        let folder = try TemporaryFolder()
        let status = SpoolStatus(maxBytes: 1 << 20)
        let path = folder.path + "/one"
        do {
            let spool = try SpoolFolder.create(in: folder.path, named: "one", status: status)
            try spool.append(SpoolRecord.samples(9), segmentBytes: 500)
            #expect(SpoolFolder.take(path) == nil)
            withExtendedLifetime(spool) {}
        }
        let abandoned = try #require(SpoolFolder.take(path))
        #expect(SpoolFolder.take(path) == nil)
        #expect(abandoned.segments.reduce(0) { $0 + $1.events.values.reduce(0, +) } == 9)
        let found = SpoolStatus(maxBytes: 1)
        let taken = SpoolFolder(abandoned, status: found)
        #expect(found.figures.events == 9)
        #expect(found.isFull)
        #expect(taken.segments.count == abandoned.segments.count)
    }

    @Test func `a damaged segment gives what it has and is kept aside`() throws {
        let folder = try TemporaryFolder()
        let spool = try SpoolFolder.create(in: folder.path, named: "one", status: SpoolStatus(maxBytes: 1 << 20))
        try spool.append(SpoolRecord.samples(5), segmentBytes: 1 << 20)
        let segment = spool.segments[0]
        let file = open(segment.path, O_WRONLY)
        var wrong: UInt8 = 0xEE
        #expect(pwrite(file, &wrong, 1, 60) == 1)
        close(file)
        var count = 0
        while try segment.next() != nil { count += 1 }
        #expect(count == 4)
        let kept = try #require(try spool.finish(segment))
        #expect(kept == folder.path + "/damaged/one-000000000001.spool")
        #expect(access(kept, R_OK) == 0)
        #expect(SpoolFolder.list(folder.path) == [folder.path + "/one"])
    }
}

@ControlPlane
struct SpoolRoomTests {
    @Test func `a full spool refuses, keeps what it has, and takes again when it is drained`() async throws {
        try await SpoolBench.run(.init(maxBytes: 20_000)) { bench in
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            let events = [NewEvent].samples(0..<100)
            let results = await bench.acceptAll(events)
            let kept = zip(events, results).filter { $1.isSpooled }.map(\.0)
            #expect(kept.count > 20 && kept.count < 100)
            #expect(bench.status.figures.bytes <= 20_000 + SpoolFormat.segmentHeaderSize)
            #expect(bench.logLines("the spool is full") == 1)
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly(kept)
            #expect(bench.store.isReady)
            #expect(await bench.accept([.sample(999)]).isNew)
        }
    }

    @Test func `what another process has left is drained before this one's own, also after two crashes`() async throws {
        try await SpoolBench.run(.init(isDurable: true, segmentBytes: 4096)) { bench in
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            var events: [NewEvent] = []
            var found = 0
            for life in 0..<3 {
                let more = [NewEvent].samples(1000 * life..<1000 * life + 50)
                for result in await bench.acceptAll(more) { #expect(result.isSpooled) }
                events += more
                bench.restart()
                found += life + 1
                try await eventually("all are found") {
                    bench.logLines("spooled events of an earlier process found") == found
                }
            }
            bench.proxy.set(.pass)
            try await eventually("all are stored") { try bench.stored().count >= 150 }
            try bench.expectExactly(events)
            #expect(
                try bench.probe().list(bench.keys.queue("events")).first?.contains(events[0].id.description) == true)
            try await eventually("the folders are gone") { SpoolFolder.list(bench.directory).isEmpty }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small file system takes root"))
    func `a full disk refuses, loses nothing, and is used again when there is room`() async throws {
        let folder = try TemporaryFolder()
        let disk = folder.path + "/disk"
        mkdir(disk, 0o700)
        try run("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], in: folder.path)
        defer { try? run("umount", ["-l", disk], in: folder.path) }
        try await SpoolBench.run(.init(directory: disk + "/spool")) { bench in
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            var kept: [NewEvent] = []
            var isFull = false
            for number in 0..<200 {
                let event = NewEvent.sample(number).with(body: [UInt8](repeating: UInt8(number), count: 6000))
                if await bench.accept([event]).isSpooled { kept.append(event) } else { isFull = true }
            }
            #expect(isFull)
            #expect(kept.count > 10)
            #expect(!bench.store.isReady)
            #expect(bench.logLines("the spool cannot be written") == 1)
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly(kept)
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            try await eventually("the disk is tried again") { bench.store.isReady }
            let event = NewEvent.sample(999)
            #expect(await bench.accept([event]).isSpooled)
            #expect(bench.logLines("the spool can be written again") == 1)
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly(kept + [event])
        }
    }

    private func run(_ program: String, _ arguments: [String], in directory: String) throws {
        let result = try Program(
            program, arguments, in: directory, environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
            logs: "\(directory)/\(program)"
        ).finish()
        #expect(result.code == 0, "\(result.errors)")
    }
}

import CLinux
import Glibc
import Testing

@testable import WebhookGateway

@ControlPlane
struct ConsoleDestinationTests {
    /// Both ends of a pipe or a socket pair; blocking, as standard output is.
    struct Channel: ~Copyable {
        private(set) var read: Int32
        private(set) var write: Int32

        init(socket: Bool) throws {
            signal(SIGPIPE, SIG_IGN)
            var ends: [Int32] = [0, 0]
            let code = socket ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : pipe(&ends)
            guard code == 0 else { throw SystemError("pipe") }
            (read, write) = (ends[0], ends[1])
        }

        deinit {
            close(read)
            close(write)
        }

        mutating func endReading() {
            close(read)
            read = -1
        }

        mutating func endWriting() {
            close(write)
            write = -1
        }

        /// Everything that can be read without waiting.
        func drain() -> String {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            var entry = pollfd(fd: read, events: Int16(POLLIN), revents: 0)
            while poll(&entry, 1, 0) > 0 {
                let count = Glibc.read(read, &chunk, chunk.count)
                if count <= 0 { break }
                bytes += chunk[..<count]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test(arguments: [false, true])
    func `each event is one line`(_ socket: Bool) async throws {
        let channel = try Channel(socket: socket)
        let console = ConsoleDestination(descriptor: channel.write, timeout: .seconds(5))
        let events = [try Event.sample(id: "a"), try Event.sample(id: "b")]
        let result = await console.send(events)
        #expect(result.outcomes == [.delivered, .delivered])
        #expect(channel.drain() == events.map { String(decoding: $0.json, as: UTF8.self) + "\n" }.joined())
        await console.close()
    }

    @Test(arguments: [false, true])
    func `a reader that stops delays, but neither breaks nor doubles a line`(_ socket: Bool) async throws {
        let channel = try Channel(socket: socket)
        let console = ConsoleDestination(descriptor: channel.write, timeout: .milliseconds(30))
        let long = String(repeating: "x", count: 90_000)
        let events = try (0..<6).map { try Event.sample(id: "e\($0)", data: "{\"text\":\"\(long)\"}") }
        let first = await console.send(events)
        var rest = zip(events, first.outcomes).filter { $1 != .delivered }.map(\.0)
        #expect(!rest.isEmpty)
        for outcome in first.outcomes.suffix(rest.count) {
            guard case .retry(.network, let reason, nil) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(reason.contains("30 ms"))
        }
        #expect(fcntl(channel.write, F_GETFL) & O_NONBLOCK == 0, "the shared descriptor's flags were changed")

        var output = channel.drain()
        for _ in 0..<100 where !rest.isEmpty {
            let result = await console.send(rest)
            rest = zip(rest, result.outcomes).filter { $1 != .delivered }.map(\.0)
            output += channel.drain()
        }
        let left = rest.map(\.id)
        #expect(left == [])
        let lines = output.split(separator: "\n").map { Array($0.utf8) }
        let ids = try lines.map { try Event(json: $0).id }
        #expect(ids == events.map(\.id))
        await console.close()
    }

    @Test(arguments: [false, true])
    func `a reader that is gone is a retry, not the end`(_ socket: Bool) async throws {
        var ends = try Channel(socket: socket)
        let console = ConsoleDestination(descriptor: ends.write, timeout: .seconds(5))
        ends.endReading()
        let result = await console.send([try .sample()])
        guard case .retry(.network, let reason, nil) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("closed"))
        await console.close()
    }

    @Test func `sends that coincide do not mix their lines`() async throws {
        var channel = try Channel(socket: false)
        let console = ConsoleDestination(descriptor: channel.write, timeout: .seconds(5))
        let reader = channel.read
        async let output = Self.readToEnd(of: reader)
        let data = "{\"text\":\"\(String(repeating: "x", count: 50_000))\"}"
        let sent = await withTaskGroup(of: AttemptResult.self, returning: [DeliveryOutcome].self) { group in
            for number in 0..<4 {
                group.addTask {
                    await console.send((0..<3).compactMap { try? Event.sample(id: "e\(number)-\($0)", data: data) })
                }
            }
            var outcomes: [DeliveryOutcome] = []
            while let result = await group.next() { outcomes += result.outcomes }
            return outcomes
        }
        #expect(sent == Array(repeating: .delivered, count: 12))
        await console.close()
        channel.endWriting()
        let ids = try await output.split(separator: UInt8(ascii: "\n")).map { try Event(json: Array($0)).id }
        #expect(ids.count == 12)
        #expect(Set(ids).count == 12)
    }

    /// Reads on a thread of its own until the other end is closed.
    private nonisolated static func readToEnd(of descriptor: Int32) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try WorkerThread.start(named: "reader") {
                    var bytes: [UInt8] = []
                    var chunk = [UInt8](repeating: 0, count: 65536)
                    while true {
                        let count = Glibc.read(descriptor, &chunk, chunk.count)
                        if count <= 0 { break }
                        bytes += chunk[..<count]
                    }
                    continuation.resume(returning: bytes)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

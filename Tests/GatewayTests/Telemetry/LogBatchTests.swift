import Glibc
import Testing

@testable import WebhookGateway

struct LogBatchTests {
    /// Both ends of a pipe or socket pair, closed with the value.
    private struct Ends: ~Copyable {
        let read: Int32
        let write: Int32

        init(socket isSocket: Bool) {
            var ends: [Int32] = [-1, -1]
            _ = isSocket ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : pipe(&ends)
            (read, write) = (ends[0], ends[1])
        }

        deinit {
            close(read)
            close(write)
        }

        func drain() -> String {
            _ = fcntl(read, F_SETFL, O_NONBLOCK)
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Glibc.read(read, &chunk, chunk.count)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += chunk[..<count]
            }
        }
    }

    @Test(arguments: [false, true])
    func `lines come whole and in order, and nobody waits for a reader that does not read`(isSocket: Bool) throws {
        let ends = Ends(socket: isSocket)
        let loop = try EventLoop(remote: EventLoopRemote())
        let batch = LogBatch(Log(format: .json, descriptor: ends.write), limit: 32_768, loop: loop)
        for index in 0..<10 { batch.append { $0.append(contentsOf: "line \(index)\n".utf8) } }
        batch.flush()
        #expect(ends.drain() == (0..<10).map { "line \($0)\n" }.joined())
        // Far more than pipe or socket and batch hold; written with blocking calls this would never end.
        let long = String(repeating: "x", count: 90)
        for index in 0..<20_000 {
            batch.append { $0.append(contentsOf: "\(index) \(long)\n".utf8) }
            if index % 50 == 0 { batch.flush() }
        }
        #expect(batch.dropped > 0)
        var text = ""
        for _ in 0..<100 {
            text += ends.drain()
            batch.flush()
        }
        text += ends.drain()
        let lines = text.split(separator: "\n")
        #expect(lines.last?.contains("log lines dropped") == true)
        #expect(lines.last?.contains("\"lines\":\(batch.dropped)") == true)
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix(long) && $0.count < 100 })
        #expect(UInt64(lines.count - 1) + batch.dropped == 20_000)
        // The writer's own flags are as they were: others write there with blocking calls.
        #expect(fcntl(ends.write, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test func `a file takes everything, and a closed pipe costs only its lines`() throws {
        let folder = try TemporaryFolder()
        let loop = try EventLoop(remote: EventLoopRemote())
        let file = open(folder.path + "/log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let batch = LogBatch(Log(format: .json, descriptor: file), loop: loop)
        for _ in 0..<2000 { batch.append { $0.append(contentsOf: "0123456789\n".utf8) } }
        batch.flush()
        close(file)
        #expect(try HostFile.read(folder.path + "/log").count == 22_000)
        #expect(batch.dropped == 0)
    }
}

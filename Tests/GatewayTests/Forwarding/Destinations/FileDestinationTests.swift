import Glibc
import Testing

@testable import WebhookGateway

@ControlPlane
struct FileDestinationTests {
    private func destination(
        _ path: String, rotateBytes: Int = 1 << 20, keepFiles: Int = 3
    ) throws -> any Destination {
        let configuration = DestinationConfiguration.sample("file") { configuration in
            configuration.settings = [
                "path": .text(path), "rotateBytes": .integer(rotateBytes), "keepFiles": .integer(keepFiles),
            ]
        }
        return try DestinationCatalog.make(DestinationContext(configuration, client: HTTPClient(version: "test")))
    }

    private func text(_ path: String) throws -> String { String(decoding: try HostFile.read(path), as: UTF8.self) }

    private func lines(_ events: [Event]) -> String {
        events.map { String(decoding: $0.json, as: UTF8.self) + "\n" }.joined()
    }

    @Test func `each event is one line, appended, for the owner alone`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/events.jsonl"
        let events = [try Event.sample(id: "a"), try Event.sample(id: "b")]
        let destination = try destination(path)
        #expect(await destination.send([events[0]]).outcomes == [.delivered])
        #expect(await destination.send([events[1]]).outcomes == [.delivered])
        await destination.close()
        #expect(try text(path) == lines(events))
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `a file that exists is continued, also after a line that a crash cut off`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/events.jsonl"
        let event = try Event.sample()
        let first = try destination(path)
        _ = await first.send([event])
        await first.close()
        let descriptor = open(path, O_WRONLY | O_APPEND)
        _ = write(descriptor, "{\"cut", 5)
        close(descriptor)
        let second = try destination(path)
        _ = await second.send([event])
        #expect(try text(path) == lines([event]) + "{\"cut\n" + lines([event]))
    }

    @Test func `a full file is moved aside, and the oldest of them goes`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/events.jsonl"
        let data = "{\"text\":\"\(String(repeating: "x", count: 3000))\"}"
        let events = try (0..<5).map { try Event.sample(id: "e\($0)", data: data) }
        let destination = try destination(path, rotateBytes: 4096, keepFiles: 2)
        for event in events { #expect(await destination.send([event]).outcomes == [.delivered]) }
        #expect(try text(path) == lines([events[4]]))
        #expect(try text(path + ".1") == lines([events[3]]))
        #expect(try text(path + ".2") == lines([events[2]]))
        #expect(access(path + ".3", F_OK) != 0)
    }

    @Test func `a file that another program moved away is begun anew`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/events.jsonl"
        let events = [try Event.sample(id: "a"), try Event.sample(id: "b")]
        let destination = try destination(path)
        _ = await destination.send([events[0]])
        #expect(rename(path, path + ".moved") == 0)
        _ = await destination.send([events[1]])
        #expect(try text(path + ".moved") == lines([events[0]]))
        #expect(try text(path) == lines([events[1]]))
    }

    @Test func `a folder that is missing is waited for`() async throws {
        let folder = try TemporaryFolder()
        let destination = try destination(folder.path + "/later/events.jsonl")
        let result = await destination.send([try .sample()])
        guard case .retry(.configuration, let reason, nil) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("No such file or directory"))
        mkdir(folder.path + "/later", 0o700)
        #expect(await destination.send([try .sample()]).outcomes == [.delivered])
    }

    @Test(arguments: ["/dev/full", "/dev"])
    func `what is not a regular file is refused`(_ path: String) async throws {
        let result = try await destination(path).send([try .sample()])
        guard case .retry(.configuration, _, nil) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `a write that breaks off leaves no half line`() async throws {
        // Filling a disk needs a file system of one's own; a limit on file sizes breaks a write off just so, and it holds
        // for a whole process: hence a child.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder()
            let path = folder.path + "/events.jsonl"
            let file = RotatingFile(path: path, rotateBytes: 1 << 20, keepFiles: 1)
            try file.append(Array("{\"first\":1}\n".utf8))
            var limit = rlimit(rlim_cur: 20, rlim_max: 20)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            do throws(SystemError) {
                try file.append(Array("{\"second\":\"a line that is too long\"}\n".utf8))
                exit(1)
            } catch {
                guard error.code == EFBIG else { exit(2) }
            }
            exit(try HostFile.read(path) == Array("{\"first\":1}\n".utf8) ? 0 : 3)
        }
    }

    @Test func `batches that coincide do not mix their lines`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/events.jsonl"
        let destination = try destination(path)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let events = (0..<20).compactMap { try? Event.sample(id: "e\(number)-\($0)") }
                    _ = await destination.send(events)
                }
            }
        }
        let ids = try text(path).split(separator: "\n").map { try Event(json: Array($0.utf8)).id }
        #expect(Set(ids).count == 160)
        #expect(ids.count == 160)
    }
}

import FoundationEssentials

/// What Redis wrote down during a trial: every change in its effect and order, whoever made it and by whatever command.
///
/// A blocked take stands there as the move that it became, an `LREM` only if it removed something, a script as what it
/// did: this is what happened, not what was asked for.
struct TrialJournal {
    /// Events that a worker has finished by the protocol: removed, by value, from a work list.
    private(set) var finished: Set<[UInt8]> = []
    /// What took events off the queue or out of a work list in another way: command and key → how often.
    private(set) var strange: [String: Int] = [:]

    private let queue: String
    private let work: String

    /// Reads the append-only file in a server's folder.
    init(directory: String, keys: Keys, queue: String) throws {
        self.queue = keys.queue(queue)
        work = keys.work(queue, "")
        for path in try Self.files(in: directory) {
            guard let decoder = RESPDecoder() else { throw SystemError("redisReaderCreate") }
            let bytes = try HostFile.read(path)
            try bytes.withUnsafeBytes { try decoder.feed($0) }
            while let command = try decoder.next() { note(command.elements?.compactMap(\.bytes) ?? []) }
        }
    }

    private mutating func note(_ words: [[UInt8]]) {
        guard words.count > 1 else { return }
        let name = String(decoding: words[0], as: UTF8.self).uppercased()
        let key = String(decoding: words[1], as: UTF8.self)
        let isWork = key.hasPrefix(work)
        guard isWork || key == queue else { return }
        switch name {
        case "LREM" where isWork && words.count == 4: finished.insert(words[3])
        case "LPOP", "RPOP", "LTRIM", "DEL", "UNLINK", "LREM", "RPOPLPUSH":
            strange["\(name) \(isWork ? "\(work)…" : queue)", default: 0] += 1
        // From a work list it is the return of what its consumer held; from the queue only a take from the left is one.
        case "LMOVE" where !isWork && words.count == 5 && words[3].first.map { $0 & 0xDF } != UInt8(ascii: "L"):
            strange["LMOVE \(queue) … RIGHT", default: 0] += 1
        default: break
        }
    }

    /// One file (Redis 6), or the parts in a folder of their own (Redis 7): a base, then what came after.
    private static func files(in directory: String) throws -> [String] {
        var files: [String] = []
        for folder in [directory, "\(directory)/appendonlydir"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            files += names.filter { $0.hasSuffix(".aof") }.sorted().map { "\(folder)/\($0)" }
        }
        guard !files.isEmpty else { throw RedisFailure.unexpectedReply("no append-only file in \(directory)") }
        return files
    }
}

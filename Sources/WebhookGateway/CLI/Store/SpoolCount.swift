import FoundationEssentials

/// Counts what lies in the spool of this data directory, from outside: read only, whoever holds its locks.
enum SpoolCount {
    /// Events by source that the store does not have. A file stays until all of it is drained, so each is looked up.
    @ControlPlane
    static func read(_ session: StoreSession) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for path in try files(in: "\(session.configuration.dataDirectory)/spool") {
            for (source, ids) in ids(in: path) {
                let index = session.keys.index(source)
                let scores = try await session.connection.pipeline(
                    ids.map { ["ZSCORE", .text(index), .text($0)] })
                let waiting = scores.count { $0 == .null }
                if waiting > 0 { counts[source, default: 0] += waiting }
            }
        }
        return counts
    }

    private static func files(in directory: String) throws -> [String] {
        var files: [String] = []
        for folder in SpoolFolder.list(directory) {
            // A folder goes away when it is drained, and so does a file below.
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { continue }
            files += names.filter { $0.hasSuffix(".spool") }.map { "\(folder)/\($0)" }
        }
        return files
    }

    private static func ids(in path: String) -> [String: [String]] {
        var ids: [String: [String]] = [:]
        do throws(SystemError) {
            let segment = try SpoolSegment.open(path)
            while let record = try segment.next() {
                ids[record.source, default: []].append(record.event.id.description)
            }
        } catch {
            Terminal.printError("\(path): \(error); what it holds could not be counted")
        }
        return ids
    }
}

import Glibc

/// Appends each event as one line of JSON to a file on this machine; delivered means synced to the disk.
@ControlPlane
final class FileDestination: Destination {
    nonisolated static let card = DestinationCard(
        type: "file", name: "File",
        description: "Appends each event as one JSON line to a file, synced to the disk and rotated by size.",
        address: .none,
        settings: [
            .init(name: "path", description: "the file's path; relative paths start at the working directory"),
            .init(
                name: "rotateBytes", defaultValue: "104857600",
                description: "the size past which the file becomes <path>.1 and a new one is begun"),
            .init(
                name: "keepFiles", defaultValue: "10",
                description: "how many rotated files are kept; the oldest is removed"),
        ])

    let limits = BatchLimits(events: 10_000, bytes: 8 << 20)

    private let file: RotatingFile

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try file(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        file = try Self.file(context.configuration)
    }

    func send(_ batch: [Event]) async -> AttemptResult {
        var lines: [UInt8] = []
        lines.reserveCapacity(batch.reduce(0) { $0 + $1.json.count + 1 })
        for event in batch {
            lines += event.json
            lines.append(UInt8(ascii: "\n"))
        }
        let outcome = await append(lines)
        return AttemptResult(outcome, count: batch.count, request: "append to \(file.path)")
    }

    func close() async { file.close() }

    /// A slow disk must not stop the loop, so writing and syncing happen on a thread of their own.
    private func append(_ lines: [UInt8]) async -> DeliveryOutcome {
        let file = file
        return await withCheckedContinuation { continuation in
            let work: @Sendable () -> DeliveryOutcome = {
                do throws(SystemError) {
                    try file.append(lines)
                    return .delivered
                } catch {
                    return Self.outcome(of: error)
                }
            }
            do throws(SystemError) {
                try ControlPlane.loop.offload(work) { continuation.resume(returning: $0) }
            } catch {
                continuation.resume(returning: .retry(.unknown, reason: "\(error)", after: nil))
            }
        }
    }

    /// All of this may be mended on the machine, so nothing is given up at once.
    private nonisolated static func outcome(of error: SystemError) -> DeliveryOutcome {
        switch error.code {
        case ENOSPC, EDQUOT: .retry(.providerError, reason: "\(error); make room on the disk", after: nil)
        case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EINVAL, ENXIO:
            .retry(.configuration, reason: "\(error); check settings.path and who may write there", after: nil)
        default: .retry(.providerError, reason: error.description, after: nil)
        }
    }

    private nonisolated static func file(_ configuration: DestinationConfiguration) throws(InvalidDestination)
        -> RotatingFile
    {
        let settings = DestinationSettings(configuration)
        guard let path = try settings.text("path"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
            throw InvalidDestination(
                key: "settings.path", reason: "missing or no path of a file; set it to the file to append to")
        }
        return RotatingFile(
            path: path,
            rotateBytes: try settings.integer("rotateBytes", default: 100 << 20, in: 4096...1 << 50),
            keepFiles: try settings.integer("keepFiles", default: 10, in: 1...10_000))
    }
}

import Glibc
import Synchronization

/// Which life of which Redis the gateway's events went to last, kept on its own disk (`<dataDirectory>/tally/store`), and
/// what that one may lose: said once for all workers.
final class StoreIdentity: Sendable {
    private struct State {
        var runID: String?
        var weakness: String?
    }

    private let path: String
    private let state: Mutex<State>

    /// Reads what an earlier process left.
    init(directory: String) {
        path = "\(directory)/\(StoreTally.folder)/store"
        let kept = (try? HostFile.read(path)).map { String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self) }
        state = Mutex(State(runID: kept))
    }

    /// A worker has examined the server.
    func note(_ verdict: StoreExamination.Verdict, _ log: Log) {
        let (before, isWeaker) = state.withLock { state in
            let before = state.runID
            state.runID = verdict.runID ?? state.runID
            let isWeaker = verdict.weakness != nil && verdict.weakness != state.weakness
            state.weakness = verdict.weakness
            return (before, isWeaker)
        }
        if isWeaker, let weakness = verdict.weakness {
            log.warning("the store is not as durable as it could be", ["reason": .text(weakness)])
        }
        guard let runID = verdict.runID, runID != before else { return }
        if let before {
            log.info("Redis has been started anew, or is another one", ["before": .text(before), "now": .text(runID)])
        }
        keep(runID, log)
    }

    private func keep(_ runID: String, _ log: Log) {
        let path = path
        do throws(SystemError) {
            // Not on a loop's thread: the disk may take its time.
            try WorkerThread.start(named: "run id") {
                let file = FileDescriptor(owning: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
                guard file.raw >= 0 else { return }
                let line = "\(runID)\n"
                if write(file.raw, line, line.utf8.count) == line.utf8.count { _ = fdatasync(file.raw) }
            }
        } catch {
            log.debug("Redis' run id could not be kept", ["reason": .text(error.description)])
        }
    }
}

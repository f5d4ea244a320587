import Glibc
import Synchronization

/// Ctrl-C as a question instead of an end: the first one is noted, the second one ends the program.
enum Interruption {
    private static let flag = Atomic<Bool>(false)

    /// Notes interruptions from now on.
    static func watch() {
        // Made before a signal handler touches it.
        flag.store(false, ordering: .relaxed)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.flag.store(true, ordering: .relaxed) }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
        sigaction(SIGINT, &action, nil)
    }

    static var hasCome: Bool { flag.load(ordering: .relaxed) }
}

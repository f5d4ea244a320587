import Glibc

/// The program: settles the signals, then hands over to the command line.
///
/// Not `async`: the main thread of an `async main` waits in `sigsuspend` with an empty signal mask (`dispatch_main`), so
/// that SIGTERM would end the process there instead of being read by `Signals`.
@main
struct Main {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        // Before any other thread exists; every later one inherits the mask.
        if words.first == ServeCommand.name || words.first == ConformCommand.name { Signals.block() }
        Task.detached { exit(await CommandLineInterface(words: words).run().rawValue) }
        while true { pause() }
    }
}

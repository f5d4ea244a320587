import Glibc

/// The program: settles the signals, then hands over to the command line.
@main
struct Main {
    // On the main actor, so that no other thread exists when the signals are blocked; every later one inherits that.
    @MainActor
    static func main() async {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        exit(await CommandLineInterface(words: Array(CommandLine.arguments.dropFirst())).run().rawValue)
    }
}

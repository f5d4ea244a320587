import Glibc

/// The program: settles the signals, then hands over to the command line.
@main
struct Main {
    // On the main actor, so that no other thread exists when the signals are blocked; every later one inherits that.
    @MainActor
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == ServeCommand.name { Signals.block() }
        exit(await CommandLineInterface(words: words).run().rawValue)
    }
}

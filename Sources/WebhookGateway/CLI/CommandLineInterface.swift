/// Reads the command line, runs the command, and turns whatever happens into an exit code and a sentence.
struct CommandLineInterface {
    let words: [String]

    func run() async -> ExitCode {
        guard let word = words.first else {
            Terminal.printError(Self.overview)
            return .usage
        }
        if ["--help", "-h", "help"].contains(word) {
            Terminal.print(Self.overview)
            return .success
        }
        if word == "--version" {
            Terminal.print("webhook-gateway \(Version.number)")
            return .success
        }
        guard let command = CommandCatalog.named(word) else {
            let guess = NearestName.to(word, among: CommandCatalog.all.map { $0.name })
            let remedy = guess.map { "did you mean \($0)?" } ?? "webhook-gateway --help lists them"
            return refuse("there is no command \(TextRule.quoted(word)); \(remedy)")
        }
        return await run(command, Array(words.dropFirst()))
    }

    private func run(_ command: any Command.Type, _ words: [String]) async -> ExitCode {
        var arguments = Arguments(words)
        do throws(UsageError) {
            if try arguments.flag("--help") {
                Terminal.print(command.usage)
                return .success
            }
            let command = try command.init(&arguments)
            try arguments.finish()
            return await run(command)
        } catch {
            return refuse("\(command.name): \(error)\nwebhook-gateway \(command.name) --help shows how it is used")
        }
    }

    private func run(_ command: some Command) async -> ExitCode {
        do {
            return try await command.run()
        } catch let error as ConfigurationError {
            Terminal.printError("\(error)")
            return .usage
        } catch let error as UsageError {
            return refuse("\(error)")
        } catch {
            Terminal.printError("webhook-gateway \(type(of: command).name): \(error)")
            return .failure
        }
    }

    private func refuse(_ sentence: String) -> ExitCode {
        Terminal.printError("webhook-gateway: \(sentence)")
        return .usage
    }

    private static var overview: String {
        let width = CommandCatalog.all.map { $0.name.count }.max() ?? 0
        let lines = CommandCatalog.all.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count))  \(command.summary)"
        }
        return """
            webhook-gateway receives webhooks, proves them authentic and puts them on Redis lists.

            usage: webhook-gateway COMMAND [OPTIONS]

            \(lines.joined(separator: "\n"))

            webhook-gateway COMMAND --help shows the options of one; webhook-gateway --version the release.
            """
    }
}

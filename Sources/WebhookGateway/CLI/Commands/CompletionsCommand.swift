/// `completions`: what a shell offers when Tab is pressed, read from the commands' own usage texts.
struct CompletionsCommand: Command {
    static let name = "completions"
    static let summary = "print the completion of this program for a shell"
    static let usage = """
        webhook-gateway completions bash|zsh|fish

        bash  source <(webhook-gateway completions bash)
        zsh   source <(webhook-gateway completions zsh), after compinit
        fish  webhook-gateway completions fish | source
        """

    private let shell: String

    init(_ arguments: inout Arguments) throws(UsageError) {
        shell = try arguments.verb(["bash", "zsh", "fish"])
    }

    func run() async throws -> ExitCode {
        let commands = CommandCatalog.all.map { CommandWords($0) }
        switch shell {
        case "bash": Terminal.print(Self.bash(commands))
        case "zsh": Terminal.print(Self.zsh(commands))
        default: Terminal.print(Self.fish(commands))
        }
        return .success
    }

    private static func bash(_ commands: [CommandWords]) -> String {
        let cases = commands.map { command in
            "        \(command.name)) words='\((command.verbs + command.options).joined(separator: " "))' ;;"
        }
        return """
            _webhook_gateway() {
                local words='\(commands.map(\.name).joined(separator: " ")) --help --version'
                if [ "$COMP_CWORD" -gt 1 ]; then
                    case "${COMP_WORDS[1]}" in
            \(cases.joined(separator: "\n"))
                    *) words='' ;;
                    esac
                fi
                COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
                [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -F _webhook_gateway webhook-gateway
            """
    }

    private static func zsh(_ commands: [CommandWords]) -> String {
        "autoload -Uz bashcompinit && bashcompinit\n" + bash(commands)
    }

    private static func fish(_ commands: [CommandWords]) -> String {
        var lines = ["complete -c webhook-gateway -f"]
        for command in commands {
            lines.append(
                "complete -c webhook-gateway -n __fish_use_subcommand -a \(command.name) -d '\(command.summary.replacing("'", with: ""))'"
            )
            let seen = "-n '__fish_seen_subcommand_from \(command.name)'"
            for verb in command.verbs { lines.append("complete -c webhook-gateway \(seen) -a \(verb)") }
            for option in command.options {
                lines.append("complete -c webhook-gateway \(seen) -l \(option.dropFirst(2))")
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// The words that a command's usage text names.
struct CommandWords {
    let name: String
    let summary: String
    /// What may follow the command: `list`, `show`, …
    private(set) var verbs: [String] = []
    private(set) var options: [String] = []

    init(_ command: any Command.Type) {
        name = command.name
        summary = command.summary
        for line in command.usage.split(separator: "\n") {
            for word in line.split(whereSeparator: { " []|,".contains($0) }) where word.hasPrefix("--") {
                let option = String(word.prefix { $0.isLetter || $0 == "-" })
                if option.count > 2, !options.contains(option) { options.append(option) }
            }
            let words = line.split(separator: " ")
            guard words.count > 2, words[0] == "webhook-gateway", words[1] == name else { continue }
            for verb in words[2].split(separator: "|")
            where verb.allSatisfy(\.isLowercase) && !verbs.contains(String(verb)) {
                verbs.append(String(verb))
            }
        }
        if !options.contains("--help") { options.append("--help") }
    }
}

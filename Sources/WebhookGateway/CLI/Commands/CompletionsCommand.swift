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
        Terminal.print(Self.script(for: shell))
        return .success
    }

    /// - Parameter shell: `bash`, `zsh` or `fish`.
    static func script(for shell: String) -> String {
        let commands = CommandCatalog.all.map { CommandWords($0) }
        return switch shell {
        case "bash": bash(commands)
        case "zsh": "autoload -Uz bashcompinit && bashcompinit\n" + bash(commands)
        default: fish(commands)
        }
    }

    private static func bash(_ commands: [CommandWords]) -> String {
        let words = commands.map { command in
            "        \(command.name)) verbs='\(command.verbs.joined(separator: " "))' "
                + "options='\(command.options.map(\.name).joined(separator: " "))' ;;"
        }
        let values = commands.flatMap { command in
            command.options.compactMap { option -> String? in
                let pattern = "        '\(command.name) \(option.name)')"
                switch option.value {
                case .none: return nil
                case .free: return "\(pattern) return ;;"
                case .file: return "\(pattern) COMPREPLY=($(compgen -f -- \"$word\")); return ;;"
                case .choice(let choices):
                    return
                        "\(pattern) COMPREPLY=($(compgen -W '\(choices.joined(separator: " "))' -- \"$word\")); return ;;"
                }
            }
        }
        return """
            _webhook_gateway() {
                local word="${COMP_WORDS[COMP_CWORD]}" verbs='' options=''
                if [ "$COMP_CWORD" -le 1 ]; then
                    COMPREPLY=($(compgen -W '\(commands.map(\.name).joined(separator: " ")) --help --version' -- "$word"))
                    return
                fi
                case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD-1]}" in
            \(values.joined(separator: "\n"))
                esac
                case "${COMP_WORDS[1]}" in
            \(words.joined(separator: "\n"))
                esac
                if [ "$COMP_CWORD" -eq 2 ] && [ -n "$verbs" ] && [ "${word#-}" = "$word" ]; then
                    COMPREPLY=($(compgen -W "$verbs" -- "$word"))
                else
                    COMPREPLY=($(compgen -W "$options" -- "$word"))
                    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
                fi
            }
            complete -F _webhook_gateway webhook-gateway
            """
    }

    private static func fish(_ commands: [CommandWords]) -> String {
        var lines = ["complete -c webhook-gateway -f"]
        for command in commands {
            lines.append(
                "complete -c webhook-gateway -n __fish_use_subcommand -a \(command.name) -d '\(command.summary.replacing("'", with: ""))'"
            )
            let seen = "__fish_seen_subcommand_from \(command.name)"
            let verbs = command.verbs.joined(separator: " ")
            if !verbs.isEmpty {
                lines.append(
                    "complete -c webhook-gateway -n '\(seen); and not __fish_seen_subcommand_from \(verbs)' -a '\(verbs)'"
                )
            }
            for option in command.options {
                let value =
                    switch option.value {
                    case .none: ""
                    case .free: " -x"
                    case .file: " -r -F"
                    case .choice(let choices): " -x -a '\(choices.joined(separator: " "))'"
                    }
                lines.append("complete -c webhook-gateway -n '\(seen)' -l \(option.name.dropFirst(2))\(value)")
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// The words that a command's usage text names.
struct CommandWords {
    struct Option: Equatable {
        enum Value: Equatable {
            case none
            /// Whatever its placeholder says: `N`, `ID`.
            case free
            case file
            case choice([String])
        }

        var name: String
        var value: Value
    }

    let name: String
    let summary: String
    /// What may follow the command: `list`, `show`, …
    private(set) var verbs: [String] = []
    private(set) var options: [Option] = []

    init(_ command: any Command.Type) {
        name = command.name
        summary = command.summary
        for line in command.usage.split(separator: "\n") {
            // A value follows its option after one space; what an option means, after more.
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            for (index, word) in words.enumerated() {
                for part in word.split(whereSeparator: { "[]|,()".contains($0) }) where part.hasPrefix("--") {
                    let option = String(part.prefix { $0.isLetter || $0 == "-" })
                    let isLast = !word.hasSuffix("]") && index + 1 < words.count
                    if option.count > 2 { note(option, isLast ? Self.value(words[index + 1]) : .none) }
                }
            }
            let named = line.split(separator: " ")
            guard named.count > 2, named[0] == "webhook-gateway", named[1] == name else { continue }
            for verb in named[2].split(separator: "|")
            where verb.allSatisfy({ $0.isLowercase || $0 == "-" }) && !verb.hasPrefix("-")
                && !verbs.contains(String(verb))
            {
                verbs.append(String(verb))
            }
        }
        note("--help", .none)
    }

    /// An option may be named several times; the place that says most of its value counts.
    private mutating func note(_ name: String, _ value: Option.Value) {
        guard let index = options.firstIndex(where: { $0.name == name }) else {
            options.append(Option(name: name, value: value))
            return
        }
        switch (options[index].value, value) {
        case (.none, _), (.free, .file), (_, .choice): options[index].value = value
        default: break
        }
    }

    private static func value(_ word: Substring) -> Option.Value {
        let text = word.prefix { !"])".contains($0) }
        if ["FILE", "DIR", "F"].contains(text) { return .file }
        if !text.isEmpty, text.allSatisfy({ $0.isUppercase || $0 == "-" }) { return .free }
        let choices = text.split { $0 == "|" || $0 == "," }.map(String.init)
        let isList = choices.count > 1 && text.allSatisfy { $0.isLowercase || "|,-_".contains($0) }
        return isList ? .choice(choices) : .none
    }
}

/// One command of the program: a type in its own file under Commands/, and a line in `CommandCatalog.all`.
protocol Command: Sendable {
    /// The word that selects it ("serve").
    static var name: String { get }
    /// One line for `--help`.
    static var summary: String { get }
    /// What `COMMAND --help` prints: the forms, then each option.
    static var usage: String { get }

    /// Takes what it knows from the arguments; what is left over afterwards is a usage error.
    init(_ arguments: inout Arguments) throws(UsageError)

    /// Does the work; what it throws is printed and ends the program with `ExitCode.failure`.
    func run() async throws -> ExitCode
}

/// The one list of commands.
enum CommandCatalog {
    static let all: [any Command.Type] = [
        ServeCommand.self, CheckCommand.self, SendCommand.self, VerifyCommand.self, MappingCommand.self,
        ProvidersCommand.self, TypesCommand.self,
        EventsCommand.self, ReplaysCommand.self, DeadCommand.self, RefusedCommand.self, QueuesCommand.self,
        DestinationsCommand.self, IntegrationsCommand.self,
        AuditCommand.self,
        DoctorCommand.self, TokenCommand.self, KeysCommand.self, CompletionsCommand.self, ConformCommand.self,
    ]

    static func named(_ name: String) -> (any Command.Type)? {
        all.first { $0.name == name }
    }
}

/// How the program ends.
enum ExitCode: Int32, Sendable {
    case success = 0
    /// The operation failed, or found what it looks for.
    case failure = 1
    /// The command line or the configuration is wrong.
    case usage = 2
}

/// A command line that makes no sense: what is wrong, and what to write instead.
struct UsageError: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// The files that commands are given.
enum CommandFile {
    /// Reads a file named on the command line; `-` is standard input.
    static func read(_ path: String) throws(UsageError) -> [UInt8] {
        do throws(SystemError) {
            return try HostFile.read(path)
        } catch {
            throw UsageError("\(path) cannot be read (\(error))")
        }
    }

    /// Writes a file named on the command line, in place of what was there.
    static func write(_ bytes: [UInt8], to path: String) throws(UsageError) {
        do throws(SystemError) {
            try HostFile.replace(path, bytes)
        } catch {
            throw UsageError("\(path) cannot be written (\(error))")
        }
    }
}

extension Configuration {
    /// The source that a command line names.
    func sourceForCommand(_ name: String) throws(UsageError) -> SourceConfiguration {
        if let source = source(named: name) { return source }
        let names = sources.map(\.name)
        let guess = NearestName.to(name, among: names).map { "did you mean \($0)? " } ?? ""
        throw UsageError(
            "there is no source \(TextRule.quoted(name)); \(guess)"
                + (names.isEmpty ? "none is configured" : "there are \(names.joined(separator: ", "))"))
    }
}

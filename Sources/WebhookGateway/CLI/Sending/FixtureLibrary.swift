import Glibc

/// The recorded deliveries that `send` starts from: `<directory>/<provider>/<name>/request.http`.
struct FixtureLibrary {
    /// What is sent when no fixture is named: the delivery that people know best.
    private static let favourites = [
        "stripe": "payment_intent.succeeded", "square": "payment.updated", "quickbooks": "legacy-customer-create",
        "mailchimp": "subscribe", "shopify": "orders-create", "hubspot": "contact.creation", "github": "push-form",
    ]
    /// How the names of the unusual ones begin.
    private static let unusual = ["quarantine-", "unmapped-", "no-", "empty-", "unknown-"]

    private let directory: String

    /// The directory given, else ./fixtures/webhooks, else the one that belongs to the executable.
    init(_ given: String?) throws(UsageError) {
        let candidates = given.map { [$0] } ?? ["fixtures/webhooks"] + Self.besideExecutable()
        guard let found = candidates.first(where: Self.isDirectory) else {
            throw UsageError(
                given.map { "--fixtures \($0) is not a directory" }
                    ?? "there is no directory fixtures/webhooks here; name one with --fixtures, or a body with --body")
        }
        directory = found
    }

    /// The names of a provider's fixtures.
    func names(of provider: String) -> [String] {
        guard let listing = opendir("\(directory)/\(provider)") else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A provider's fixture; nil picks the one that shows it best.
    func request(_ name: String?, of provider: String) throws(UsageError) -> CapturedRequest {
        let names = names(of: provider)
        let favourite =
            Self.favourites[provider].flatMap { names.contains($0) ? $0 : nil }
            ?? names.first { name in !Self.unusual.contains { name.hasPrefix($0) } } ?? names.first
        guard let chosen = name ?? favourite else {
            throw UsageError("\(directory) has no fixtures of \(provider); name a body with --body")
        }
        guard names.contains(chosen) else {
            let guess = NearestName.to(chosen, among: names).map { "did you mean \($0)? " } ?? ""
            throw UsageError(
                "\(provider) has no fixture \(TextRule.quoted(chosen)); \(guess)there are \(names.joined(separator: ", "))"
            )
        }
        let path = "\(directory)/\(provider)/\(chosen)/request.http"
        do throws(UnreadableCapture) {
            return try HTTPCapture.read(try Self.bytes(path)[...])
        } catch {
            throw UsageError("\(path): \(error)")
        }
    }

    private static func bytes(_ path: String) throws(UnreadableCapture) -> [UInt8] {
        do throws(SystemError) {
            return try HostFile.read(path)
        } catch {
            throw UnreadableCapture("cannot be read (\(error))")
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// `fixtures/webhooks` in the directories above the executable: it lies deep in .build, or in bin beside share.
    private static func besideExecutable() -> [String] {
        guard let resolved = realpath("/proc/self/exe", nil) else { return [] }
        defer { free(resolved) }
        var directory = String(cString: resolved)[...]
        var candidates: [String] = []
        while let slash = directory.lastIndex(of: "/"), candidates.count < 6 {
            directory = directory[..<slash]
            candidates.append("\(directory)/fixtures/webhooks")
        }
        return candidates
    }
}

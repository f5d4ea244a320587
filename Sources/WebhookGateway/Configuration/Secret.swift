import Verifiers

/// A secret of the configuration: its bytes, and where they came from; nothing prints the bytes by accident.
///
/// All copies of the value share the bytes, which are overwritten when the last of them goes.
struct Secret: Sendable {
    /// How the configuration names it.
    enum Origin: Sendable, Equatable {
        /// `"env:NAME"`.
        case environment(String)
        /// `"file:/path"`; one trailing line end is not part of the secret.
        case file(String)
        /// The secret itself stands in the file.
        case literal
        /// Made by the gateway: for development, or out of other secrets.
        case generated
        /// It is kept in the vault, or on its way there.
        case managed
    }

    let origin: Origin
    private let storage: SecretBytes

    init(origin: Origin, bytes: consuming [UInt8]) {
        self.init(origin: origin, SecretBytes(bytes))
    }

    init(origin: Origin, _ bytes: SecretBytes) {
        self.origin = origin
        storage = bytes
    }

    /// A copy of the secret, which is not overwritten by itself; never log it.
    var bytes: [UInt8] { storage.copy }

    /// The length in bytes.
    var count: Int { storage.count }

    /// The secret as text; bytes that are not UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// What may be shown: the reference, or dots for the secret itself.
    var reference: String {
        switch origin {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .literal, .generated, .managed: Self.mask
        }
    }

    /// Whether it is an example's stand-in ("whsec_…") rather than a secret: `check` says so, `serve` refuses it.
    var isPlaceholder: Bool { origin == .literal && text.contains("…") }

    /// What stands for a secret wherever one would be printed.
    static let mask = "•••"
}

extension Secret: Equatable {
    static func == (left: Secret, right: Secret) -> Bool {
        left.origin == right.origin && left.storage.hasSameBytes(as: right.storage)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { Self.mask }
    var debugDescription: String { Self.mask }
    // `dump` and string interpolation of an enclosing value read the mirror.
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Finds what `env:` and `file:` refer to.
struct SecretResolver: Sendable {
    /// The process' environment.
    var environment: [String: String]

    /// Why a reference leads nowhere.
    struct Unresolved: Error, Equatable {
        var message: String
        var remedy: String
    }

    /// The secret that a text of the configuration stands for.
    func resolve(_ text: String) throws(Unresolved) -> Secret {
        if text.hasPrefix("env:") { return try variable(String(text.dropFirst(4))) }
        if text.hasPrefix("file:") { return try file(String(text.dropFirst(5))) }
        guard !text.isEmpty else {
            throw Unresolved(message: "the secret is empty", remedy: "write env:NAME, file:/path or the secret itself")
        }
        return Secret(origin: .literal, bytes: Array(text.utf8))
    }

    private func variable(_ name: String) throws(Unresolved) -> Secret {
        guard let value = environment[name] else {
            throw Unresolved(
                message: "the environment variable \(name) is not set",
                remedy: "set it to the secret, or name another variable or file here")
        }
        guard !value.isEmpty else {
            throw Unresolved(message: "the environment variable \(name) is empty", remedy: "set it to the secret")
        }
        return Secret(origin: .environment(name), bytes: Array(value.utf8))
    }

    private func file(_ path: String) throws(Unresolved) -> Secret {
        var bytes: [UInt8]
        do throws(SystemError) {
            bytes = try HostFile.read(path)
        } catch {
            throw Unresolved(
                message: "the file \(path) cannot be read (\(error))",
                remedy: "create it with the secret as its content, readable for this user")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw Unresolved(message: "the file \(path) is empty", remedy: "write the secret into it")
        }
        return Secret(origin: .file(path), bytes: bytes)
    }
}

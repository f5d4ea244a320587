import Glibc

/// Whole small files of the host: configuration, secrets, request bodies.
enum HostFile {
    /// No file read this way is meant to be larger.
    static let maximumBytes = 64 * 1024 * 1024

    /// Reads a file to its end; `-` is standard input.
    static func read(_ path: String) throws(SystemError) -> [UInt8] {
        if path == "-" { return try readToEnd(STDIN_FILENO) }
        let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        guard file.raw >= 0 else { throw SystemError("open") }
        return try readToEnd(file.raw)
    }

    private static func readToEnd(_ descriptor: Int32) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read")
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximumBytes else { throw SystemError("read", code: EFBIG) }
        }
    }

    /// Makes a directory and those above it, 0700, unless they are there.
    static func makeDirectory(_ path: String) throws(SystemError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError("mkdir")
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir") }
    }

    /// Writes a file that only its owner may read, whole or not at all; false when it exists already and was left alone.
    ///
    /// The bytes go to a file of another name, which is then linked: of several processes that try at once one wins,
    /// and no reader ever sees half a file.
    static func create(_ path: String, _ bytes: [UInt8]) throws(SystemError) -> Bool {
        var draft = Array("\(path).XXXXXX".utf8CString)
        let file = FileDescriptor(owning: mkstemp(&draft))
        guard file.raw >= 0 else { throw SystemError("mkstemp") }
        defer { unlink(draft) }
        try write(bytes, to: file.raw)
        guard fsync(file.raw) == 0 else { throw SystemError("fsync") }
        if link(draft, path) == 0 { return true }
        guard errno == EEXIST else { throw SystemError("link") }
        return false
    }

    /// Writes a file that only its owner may read, over what was there.
    static func replace(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let file = FileDescriptor(owning: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
        guard file.raw >= 0 else { throw SystemError("open") }
        try write(bytes, to: file.raw)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw SystemError("write")
            }
        }
    }
}

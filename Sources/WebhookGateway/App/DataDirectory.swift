import Glibc

/// `<dataDirectory>`: 0700, used by one gateway process at a time.
struct DataDirectory: ~Copyable {
    /// Why the directory cannot be used.
    struct Unusable: Error, CustomStringConvertible {
        var description: String
    }

    /// Absolute, so that a child with another working directory finds it.
    let path: String
    private let lock: FileDescriptor

    /// Creates the directory if need be and takes its lock, which the kernel gives back whenever the process ends.
    init(_ path: String) throws(Unusable) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Unusable(
                description:
                    "the data directory \(path) cannot be created (\(SystemError("mkdir"))); set dataDirectory to a place this user may write"
            )
        }
        let absolute = try Self.absolute(path)
        self.init(path: absolute, lock: try Self.takeLock("\(absolute)/lock", of: path))
        writeHolder()
    }

    /// Takes the lock over from the gateway that holds it: descriptors of one open file share its lock, so that it is
    /// held all the time.
    init(_ path: String, sharing lock: Int32) throws(Unusable) {
        let lock = FileDescriptor(owning: lock)
        self.init(path: try Self.absolute(path), lock: lock)
    }

    /// A copy for a process that takes over; it stays ours to close.
    var lockDescriptor: Int32 { lock.raw }

    /// Writes down who uses the directory.
    func writeHolder() {
        _ = ftruncate(lock.raw, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(lock.raw, $0, text.utf8.count, 0) }
    }

    private init(path: String, lock: consuming FileDescriptor) {
        self.path = path
        self.lock = lock
    }

    private static func takeLock(_ file: String, of path: String) throws(Unusable) -> FileDescriptor {
        let raw = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard raw >= 0 else {
            throw Unusable(
                description:
                    "the data directory \(path) cannot be written (\(SystemError("open"))); check its owner and permissions"
            )
        }
        let lock = FileDescriptor(owning: raw)
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw Unusable(
                description:
                    "the data directory \(path) is in use by another webhook-gateway\(holder(raw)); stop that one, or give this one a dataDirectory of its own"
            )
        }
        return lock
    }

    /// Where the private Redis of a data directory listens.
    static func redisSocket(in directory: String) throws(Unusable) -> String {
        try socket("redis.sock", in: directory)
    }

    /// A unix socket's path is short; a longer directory is stood for by a name under /tmp that only this user may enter.
    static func socket(_ name: String, in directory: String) throws(Unusable) -> String {
        let absolute = try absolute(directory)
        let direct = "\(absolute)/\(name)"
        guard direct.utf8.count > SocketAddress.maximumUnixPathBytes else { return direct }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in absolute.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let short = "/tmp/webhook-gateway-\(getuid())-\(String(hash, radix: 16))"
        var status = stat()
        guard mkdir(short, 0o700) == 0 || errno == EEXIST, lstat(short, &status) == 0, status.st_uid == getuid(),
            status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o077 == 0
        else {
            throw Unusable(
                description:
                    "\(short) is not a directory of this user alone; remove it, or set a shorter dataDirectory than \(absolute)"
            )
        }
        return "\(short)/\(name)"
    }

    private static func absolute(_ path: String) throws(Unusable) -> String {
        guard let resolved = realpath(path, nil) else {
            throw Unusable(description: "the data directory \(path) cannot be found (\(SystemError("realpath")))")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func holder(_ descriptor: Int32) -> String {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            let count = pread(descriptor, buffer.baseAddress, 32, 0)
            let text = String(decoding: buffer.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)
            return text.isEmpty ? "" : " (process \(text))"
        }
    }
}

import Glibc
import Synchronization

/// A file that lines are appended to, synced to the disk, and rotated by size: `path` is the newest, `path.1` the one
/// before it, and so on.
///
/// Its calls block; they are made on threads of their own, one at a time.
final class RotatingFile: Sendable {
    private struct Open {
        var descriptor: Int32
        var device: UInt
        var inode: UInt
        var size: Int
    }

    let path: String
    private let rotateBytes: Int
    private let keepFiles: Int
    private let state = Mutex<Open?>(nil)

    /// - Parameter keepFiles: how many rotated files are kept besides the newest.
    init(path: String, rotateBytes: Int, keepFiles: Int) {
        self.path = path
        self.rotateBytes = rotateBytes
        self.keepFiles = keepFiles
    }

    deinit { close() }

    /// Appends all of `lines` (whole lines) and returns when they are on the disk. When that fails, the file ends as it
    /// did before.
    func append(_ lines: [UInt8]) throws(SystemError) {
        let result = state.withLock { (open: inout Open?) -> Result<Void, SystemError> in
            Result { () throws(SystemError) in try append(lines, &open) }
        }
        try result.get()
    }

    func close() {
        state.withLock { open in Self.close(&open) }
    }

    private func append(_ lines: [UInt8], _ open: inout Open?) throws(SystemError) {
        // Another program's rotation (logrotate) moved or removed the file: what follows belongs into a new one.
        if let current = open, !isStillThere(current) { Self.close(&open) }
        var current = if let open { open } else { try openFile() }
        open = current
        if current.size > 0, current.size + lines.count > rotateBytes {
            Self.close(&open)
            try rotate()
            current = try openFile()
            open = current
        }
        do throws(SystemError) {
            try write(lines, to: current.descriptor)
            guard fdatasync(current.descriptor) == 0 else { throw SystemError("fdatasync \(path)") }
        } catch {
            // A line cut in the middle would stay in the way of every reader.
            _ = ftruncate(current.descriptor, off_t(current.size))
            Self.close(&open)
            throw error
        }
        current.size += lines.count
        open = current
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw SystemError("write \(path)")
            }
        }
    }

    private func openFile() throws(SystemError) -> Open {
        // For the owner alone: events hold customers' data. O_NONBLOCK: a FIFO without a reader must not hang.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(path)") }
        do throws(SystemError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat \(path)") }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw SystemError("open \(path): not a regular file", code: EINVAL)
            }
            try syncDirectory()
            var size = Int(status.st_size)
            if size > 0, try endsWithoutLineFeed(size) {
                // Left by a crash in the middle of a line, or by someone's editor: the next line begins on its own.
                try write([UInt8(ascii: "\n")], to: descriptor)
                size += 1
            }
            return Open(descriptor: descriptor, device: UInt(status.st_dev), inode: UInt(status.st_ino), size: size)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    private func endsWithoutLineFeed(_ size: Int) throws(SystemError) -> Bool {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open \(path)") }
        defer { _ = Glibc.close(descriptor) }
        var last: UInt8 = 0
        guard pread(descriptor, &last, 1, off_t(size - 1)) == 1 else { throw SystemError("read \(path)") }
        return last != UInt8(ascii: "\n")
    }

    private func isStillThere(_ open: Open) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && UInt(status.st_ino) == open.inode && UInt(status.st_dev) == open.device
    }

    /// `path.n-1` → `path.n`, …, `path` → `path.1`; the oldest is overwritten.
    private func rotate() throws(SystemError) {
        for number in stride(from: keepFiles, through: 1, by: -1) {
            let from = number == 1 ? path : "\(path).\(number - 1)"
            guard rename(from, "\(path).\(number)") == 0 || errno == ENOENT else { throw SystemError("rename \(from)") }
        }
    }

    /// Makes a new name as durable as what will be in the file.
    private func syncDirectory() throws(SystemError) {
        let directory = path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open \(directory)") }
        defer { _ = Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError("fsync \(directory)") }
    }

    private static func close(_ open: inout Open?) {
        if let current = open { _ = Glibc.close(current.descriptor) }
        open = nil
    }
}

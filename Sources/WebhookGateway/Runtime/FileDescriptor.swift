import Glibc

/// Owns one descriptor and closes it when it goes out of scope.
struct FileDescriptor: ~Copyable {
    let raw: Int32

    init(owning raw: Int32) { self.raw = raw }

    deinit { _ = close(raw) }

    /// Gives the descriptor away; the receiver closes it.
    consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }
}

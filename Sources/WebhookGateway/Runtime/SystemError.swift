import Glibc

/// A system call that failed: which one, and errno.
struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    var call: String
    var code: Int32

    init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    var description: String { "\(call): \(Self.message(code))" }

    /// The system's sentence for an errno value ("Connection refused").
    static func message(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, strerror_r(code, base, 256) == 0 else { return "error \(code)" }
            return String(cString: base)
        }
    }
}

internal import COpenSSL

/// Random bytes fit for keys and identifiers.
public enum EntropySource {
    /// `count` bytes from OpenSSL's generator, which the kernel seeds.
    public static func bytes(_ count: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        let done = RAND_bytes(&result, Int32(clamping: count))
        precondition(done == 1, "the system has no randomness")
        return result
    }

    /// Gives back what the generator keeps for the calling thread, which is about to end. OpenSSL does so at a thread's end
    /// by itself, but a process that exits meanwhile does not wait for that.
    public static func endThread() {
        OPENSSL_thread_stop()
    }
}

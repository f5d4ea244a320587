import Glibc

/// The pages of machine code that the process holds resident.
enum ProgramPages {
    /// Gives back the pages of code used so far, the larger part of which only the start needed. They stay in the system's
    /// page cache; what is used again returns from there, 64 KB at a time, without a look at the disk.
    ///
    /// Only what may be executed and not written is touched: nothing can be lost there.
    static func release() {
        guard let maps = try? HostFile.read("/proc/self/maps") else { return }
        for line in maps.split(separator: UInt8(ascii: "\n")) {
            // 7f1200000000-7f1200200000 r-xp 00001000 fe:00 1234    /usr/lib/x86_64-linux-gnu/libcrypto.so.3
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count >= 6, fields[1].elementsEqual("r-xp".utf8), fields[5].first == UInt8(ascii: "/") else {
                continue
            }
            let bounds = fields[0].split(separator: UInt8(ascii: "-")).compactMap {
                Int(String(decoding: $0, as: UTF8.self), radix: 16)
            }
            guard bounds.count == 2, bounds[0] < bounds[1] else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: bounds[0]), bounds[1] - bounds[0], MADV_DONTNEED)
        }
    }
}

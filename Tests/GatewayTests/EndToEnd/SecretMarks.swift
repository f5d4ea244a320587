import Glibc
import Verifiers

/// The secrets of a test, each so distinctive that it is found wherever it got to.
struct SecretMarks {
    private var marks: [(what: String, patterns: [[UInt8]])] = []

    var count: Int { marks.count }

    /// A new secret, of 40 letters and digits.
    mutating func plant(_ what: String) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        let text = "Zq9x" + String((0..<36).map { _ in letters[Int.random(in: 0..<letters.count)] })
        watch(text, what)
        return text
    }

    /// Looks for a secret that somebody else made.
    mutating func watch(_ text: String, _ what: String) {
        let bytes = Array(text.utf8)
        var patterns = [bytes, Self.hex(bytes)]
        // Three bytes are four letters: where the secret begins within them decides how it looks.
        for offset in 0..<3 {
            let encoded = Base64.encode((Array(repeating: UInt8(0), count: offset) + bytes)[...])
            let known = (offset * 4 + 2) / 3..<(offset + bytes.count) * 4 / 3
            patterns.append(Array(encoded[known]))
        }
        marks.append((what, patterns))
    }

    /// Which secrets the bytes hold, in any form, and where.
    func leaks(in bytes: [UInt8]) -> [(mark: String, around: String)] {
        var text = bytes
        text.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            var place = base
            while let zero = memchr(place, 0, buffer.count - (place - base)) {
                zero.storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
                place = zero
            }
        }
        text.append(0)
        return marks.compactMap { what, patterns in
            for pattern in patterns {
                guard let place = Self.place(of: pattern, in: text) else { continue }
                let around = bytes[max(0, place - 120)..<min(bytes.count, place + 60)]
                return (what, String(decoding: around, as: UTF8.self))
            }
            return nil
        }
    }

    static func hex(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// `text` ends with a zero and holds no other: the C library is many times quicker than a test build of anything else.
    private static func place(of pattern: [UInt8], in text: [UInt8]) -> Int? {
        text.withUnsafeBufferPointer { text in
            (pattern + [0]).withUnsafeBufferPointer { pattern in
                text.withMemoryRebound(to: CChar.self) { text in
                    pattern.withMemoryRebound(to: CChar.self) { pattern in
                        guard let base = text.baseAddress, let needle = pattern.baseAddress,
                            let found = strstr(base, needle)
                        else { return nil }
                        return UnsafePointer(found) - base
                    }
                }
            }
        }
    }
}

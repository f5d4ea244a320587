import Verifiers

/// A data key as it stands in the store.
struct DataKeyRecord: Sendable, Hashable {
    var wrapped: WrappedKey
    /// When the data key was made, in Unix milliseconds.
    var createdAt: Int64
    /// When it was last wrapped, in Unix milliseconds.
    var wrappedAt: Int64

    init(_ wrapped: WrappedKey, createdAt: Int64, wrappedAt: Int64) {
        self.wrapped = wrapped
        self.createdAt = createdAt
        self.wrappedAt = wrappedAt
    }

    /// Reads what is kept; nil when it is damaged.
    init?(stored: [UInt8]) {
        var document = JSONDocument()
        guard (try? document.read(stored[...])) != nil,
            let master = document.string(of: document.member("master")),
            let text = document.string(of: document.member("key")),
            let bytes = Base64.decode(Array(text.utf8)[...]),
            let createdAt = document.integer(of: document.member("createdAt")),
            let wrappedAt = document.integer(of: document.member("wrappedAt"))
        else { return nil }
        self.init(WrappedKey(master: master, bytes: bytes), createdAt: createdAt, wrappedAt: wrappedAt)
    }

    /// What is kept.
    var stored: [UInt8] {
        var line = JSONLine()
        line.add("master", wrapped.master)
        line.add("key", String(decoding: Base64.encode(wrapped.bytes[...]), as: UTF8.self))
        line.add("createdAt", Int(createdAt))
        line.add("wrappedAt", Int(wrappedAt))
        return line.json
    }
}

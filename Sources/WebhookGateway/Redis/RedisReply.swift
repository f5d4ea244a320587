/// A RESP reply as a Swift value.
enum RedisReply: Equatable, Sendable {
    case status(String)
    case error(String)
    case integer(Int64)
    case bytes([UInt8])
    case null
    indirect case array([RedisReply])

    /// What most commands that write answer.
    static let okay = RedisReply.status("OK")

    /// Text of a bulk string or status; nil for other kinds.
    var string: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    /// An integer reply, or a bulk string that spells one.
    var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .bytes, .status: string.flatMap { Int64($0) }
        default: nil
        }
    }

    /// The elements of an array; empty for null.
    var elements: [RedisReply]? {
        switch self {
        case .array(let elements): elements
        case .null: []
        default: nil
        }
    }

    /// The raw bytes of a bulk string.
    var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }
}

/// Why a command has no reply.
enum RedisFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing was sent: there is no connection.
    case unavailable(String)
    /// The connection broke, or the deadline passed, after the command may have been sent: it may have been executed.
    case unknownOutcome(String)
    /// Redis answered with an error.
    case refused(String)
    /// Redis answered something that the command cannot mean.
    case unexpectedReply(String)

    var description: String {
        switch self {
        case .unavailable(let reason): "Redis is not available: \(reason)"
        case .unknownOutcome(let reason): "Redis did not answer (the command may have been executed): \(reason)"
        case .refused(let error): "Redis refused the command: \(error)"
        case .unexpectedReply(let reply): "Redis answered something unexpected: \(reply)"
        }
    }
}

import CHiredis

/// Turns bytes into replies with hiredis' reader; owns the reader.
///
/// Nearly all replies of a gateway at work are `OK` and empty strings. For these the reader is given functions that make
/// no object: `OK` is the number 1 in place of a pointer, and an empty string in an array leaves its place null.
final class RESPDecoder {
    private typealias Functions = redisReplyObjectFunctions

    private let reader: UnsafeMutablePointer<redisReader>
    /// Ours, then hiredis' own. The reader and its tasks point here, so it lives as long as the reader.
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>

    init?() {
        guard let reader = redisReaderCreate() else { return nil }
        self.reader = reader
        functions = .allocate(capacity: 2)
        functions.initialize(repeating: reader.pointee.fn.pointee, count: 2)
        functions[0].createString = Self.createString
        functions[0].freeObject = { if $0 != RESPDecoder.okay { freeReplyObject($0) } }
        reader.pointee.fn = functions
        reader.pointee.privdata = UnsafeMutableRawPointer(functions)
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Stands for the reply `OK`; no object has this address.
    private static var okay: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

    /// Makes the object of a string, status or error.
    private static let createString:
        @Sendable @convention(c) (UnsafePointer<redisReadTask>?, UnsafeMutablePointer<CChar>?, Int) ->
            UnsafeMutableRawPointer? = { task, text, length in
                guard let task, let text, let functions = task.pointee.privdata else { return nil }
                if let parent = task.pointee.parent {
                    // Not null, or hiredis would say that there is no memory; the array's place stays as it was made.
                    if length == 0, task.pointee.type == REDIS_REPLY_STRING, parent.pointee.obj != nil { return okay }
                } else if length == 2, task.pointee.type == REDIS_REPLY_STATUS, text[0] == 0x4F, text[1] == 0x4B {
                    return okay
                }
                return functions.assumingMemoryBound(to: Functions.self)[1].createString(task, text, length)
            }

    /// Adds received bytes; throws when they are not RESP.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisFailure) {
        guard redisReaderFeed(reader, bytes.baseAddress, bytes.count) == REDIS_OK else {
            throw .unexpectedReply(errorText())
        }
    }

    /// The next whole reply; nil when more bytes are needed.
    func next() throws(RedisFailure) -> RedisReply? {
        var raw: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &raw) == REDIS_OK else { throw .unexpectedReply(errorText()) }
        guard let raw else { return nil }
        if raw == Self.okay { return .okay }
        defer { freeReplyObject(raw) }
        return Self.value(of: raw.assumingMemoryBound(to: redisReply.self))
    }

    private static func value(of reply: UnsafePointer<redisReply>) -> RedisReply {
        switch reply.pointee.type {
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING: return .bytes(Array(bytes(of: reply)))
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            elements.reserveCapacity(reply.pointee.elements)
            for index in 0..<reply.pointee.elements {
                elements.append(reply.pointee.element[index].map { value(of: $0) } ?? .bytes([]))
            }
            return .array(elements)
        default: return .null
        }
    }

    private static func bytes(of reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(reply.pointee.len))
    }

    private func errorText() -> String {
        withUnsafeBytes(of: &reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

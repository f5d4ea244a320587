import Verifiers

/// The refused deliveries of all sources: list, look at one, end one.
@ControlPlane
struct RefusalStore {
    static nonisolated let scripts: [RedisScript] = [.refusalEnd]
    /// Records that are read at once: at most as many bodies lie in memory.
    private static let recordsPerCall = 16

    /// A stretch of the refusals, newest first.
    struct Page: Sendable {
        var refusals: [Refusal] = []
        /// The id of the last one, when there are more.
        var next: String?
    }

    let connection: RedisConnection
    let keys: Keys

    /// The refusals of some sources, newest first, before an id.
    func list(
        _ filter: RefusalFilter = RefusalFilter(), of sources: [String], limit: Int, before cursor: String? = nil
    ) async throws(RedisFailure) -> Page {
        var page = Page()
        var ids = try await places(of: filter.source.map { name in sources.filter { $0 == name } } ?? sources, cursor)[
            ...]
        while !ids.isEmpty {
            let part = ids.prefix(Self.recordsPerCall)
            ids = ids.dropFirst(part.count)
            for refusal in try await refusals(Array(part)) where filter.matches(refusal) {
                guard page.refusals.count < limit else {
                    page.next = page.refusals.last?.id
                    return page
                }
                page.refusals.append(refusal)
            }
        }
        return page
    }

    /// The ids of all that a filter means, newest first.
    func ids(_ filter: RefusalFilter, of sources: [String]) async throws(RedisFailure) -> [String] {
        var (ids, cursor): ([String], String?) = ([], nil)
        repeat {
            let page = try await list(filter, of: sources, limit: Self.recordsPerCall, before: cursor)
            ids += page.refusals.map(\.id)
            cursor = page.next
        } while cursor != nil
        return ids
    }

    /// The refusal of that id; nil when there is none (any more).
    func refusal(_ id: String) async throws(RedisFailure) -> Refusal? { try await refusals([id]).first }

    /// Ends a refusal that has become these events; false when it was gone already.
    @discardableResult
    func end(_ refusal: Refusal, as events: [String]) async throws(RedisFailure) -> Bool {
        var accepted = refusal
        accepted.events = events
        accepted.bodyState = .accepted
        accepted.body = []
        return try await end(refusal, record: accepted.record)
    }

    /// Removes a refusal for good; false when it was gone already.
    func discard(_ refusal: Refusal) async throws(RedisFailure) -> Bool { try await end(refusal, record: []) }

    // MARK: Steps

    /// Ids before the cursor, the newest first.
    private func places(of sources: [String], _ cursor: String?) async throws(RedisFailure) -> [String] {
        let replies = try await connection.pipeline(
            sources.map { source in
                ["ZREVRANGEBYLEX", .text(keys.refused(source)), .text(cursor.map { "(\($0)" } ?? "+"), "-"]
            })
        return replies.flatMap { $0.elements?.compactMap(\.string) ?? [] }.sorted(by: >)
    }

    /// Those of the ids that are there, in their order.
    private func refusals(_ ids: [String]) async throws(RedisFailure) -> [Refusal] {
        guard !ids.isEmpty else { return [] }
        let replies = try await connection.command(["MGET"] + ids.map { .text(keys.refusal($0)) }).elements ?? []
        return zip(ids, replies).compactMap { id, reply in reply.bytes.flatMap { Refusal(id: id, record: $0) } }
    }

    private func end(_ refusal: Refusal, record: [UInt8]) async throws(RedisFailure) -> Bool {
        var call = ScriptCall(
            .refusalEnd,
            keys: [keys.refused(refusal.source), keys.refusedSizes(refusal.source), keys.refusal(refusal.id)])
        call.add(refusal.id)
        call.add(record)
        return try await connection.evaluate(call).integer == 1
    }
}

extension RedisScript {
    /// Lets a quarantined delivery go that could be made events after all: what the accept script would have done, and
    /// the books moved from quarantined to queued.
    ///
    /// KEYS: dead list · ledger · index of the source · q queues · n dedupe keys.
    /// ARGV: the dead list's entry · the queue it lies on · source · q · dedupe window in seconds · prefix of records ·
    /// archive time in seconds · arrival in ms · q queue names · then for each event: id, its JSON, its record.
    /// The first event has the delivery's own id.
    /// Answers one string an event: "" when it was queued, else the id under which it had been delivered since;
    /// nothing when the entry is not there any more.
    static let quarantineRelease = RedisScript(
        name: "quarantineRelease",
        source: queueTargetLua + #"""
            if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return {} end
            local source, q, prefix = ARGV[3], tonumber(ARGV[4]), ARGV[6]
            local n = #KEYS - 3 - q
            local answers, queued, duplicate = {}, 0, 0
            for i = 1, n do
              local at = 6 + q + 3 * i
              local id = ARGV[at]
              local first = id
              if not redis.call('SET', KEYS[3 + q + i], id, 'NX', 'EX', ARGV[5]) then first = redis.call('GET', KEYS[3 + q + i]) end
              if first == id then
                redis.call('SET', prefix .. id, ARGV[at + 2], 'EX', ARGV[7])
                redis.call('ZADD', KEYS[3], ARGV[8], id)
                for k = 1, q do
                  -- It is older than what stands before it in the queue: only this tells the archive that it waits.
                  if ARGV[8 + k] == 'events' then
                    redis.call('HSET', string.sub(prefix, 1, -7) .. 'state:' .. id, 'status', 'queued')
                  end
                  redis.call('RPUSH', target(KEYS[3 + k]), ARGV[at + 1])
                  redis.call('HINCRBY', KEYS[2], 'queue:' .. ARGV[8 + k] .. ':entered', 1)
                end
                queued = queued + 1
                answers[i] = ''
              else
                redis.call('UNLINK', prefix .. id)
                redis.call('ZREM', KEYS[3], id)
                duplicate = duplicate + 1
                answers[i] = first
              end
            end
            local account = 'source:' .. source .. ':'
            redis.call('HINCRBY', KEYS[2], account .. 'quarantined', -1)
            redis.call('HINCRBY', KEYS[2], 'queue:' .. ARGV[2] .. ':quarantined', -1)
            if n > 1 then redis.call('HINCRBY', KEYS[2], account .. 'accepted', n - 1) end
            if queued > 0 then redis.call('HINCRBY', KEYS[2], account .. 'queued', queued) end
            if duplicate > 0 then redis.call('HINCRBY', KEYS[2], account .. 'duplicate', duplicate) end
            return answers
            """#
    )

    /// Notes why a quarantined delivery still cannot be made an event; it stays at its place.
    ///
    /// KEYS: dead list · record. ARGV: the entry · the entry with the new reason · the record likewise.
    /// Answers 1, or 0 when the entry is not there any more.
    static let quarantineStay = RedisScript(
        name: "quarantineStay",
        source: #"""
            local place = redis.call('LPOS', KEYS[1], ARGV[1])
            if not place then return 0 end
            redis.call('LSET', KEYS[1], place, ARGV[2])
            redis.call('SET', KEYS[2], ARGV[3])
            return 1
            """#
    )
}

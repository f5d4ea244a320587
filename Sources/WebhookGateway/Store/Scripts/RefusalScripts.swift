extension RedisScript {
    /// Keeps a refused delivery in its source's ring, if none was kept within the last second.
    ///
    /// KEYS: ring · sizes · pace · the refusal's record.
    /// ARGV: id · address · record · prefix of records · most entries · most bytes in all · most of an address ·
    /// seconds for which it is kept · the id before which refusals are too old.
    /// Answers 1 when it was kept, 0 when it came too soon after another.
    static let refusalKeep = RedisScript(
        name: "refusalKeep",
        source: #"""
            if not redis.call('SET', KEYS[3], '', 'NX', 'PX', 1000) then return 0 end
            local id, address, record, seconds = ARGV[1], ARGV[2], ARGV[3], ARGV[8]
            local mostEntries, mostBytes, mostOfAddress = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
            local sizes, addresses, count, bytes = {}, {}, 0, #record
            local entries = redis.call('HGETALL', KEYS[2])
            for i = 1, #entries, 2 do
              local size, from = string.match(entries[i + 1], '^(%d+) (.*)$')
              sizes[entries[i]], addresses[entries[i]] = tonumber(size), from
            end
            local function drop(other)
              redis.call('UNLINK', ARGV[4] .. other)
              redis.call('ZREM', KEYS[1], other)
              redis.call('HDEL', KEYS[2], other)
              count, bytes = count - 1, bytes - (sizes[other] or 0)
            end
            -- All scores are 0: members are in the order of their bytes, which for these ids is that of arrival.
            local ids, own, at = redis.call('ZRANGE', KEYS[1], 0, -1), {}, 1
            for _, other in ipairs(ids) do
              count, bytes = count + 1, bytes + (sizes[other] or 0)
              if addresses[other] == address then own[#own + 1] = other end
            end
            -- An address that has its share takes its own oldest's place, nobody else's.
            if #own >= mostOfAddress then
              drop(own[1])
              for i, other in ipairs(ids) do
                if other == own[1] then table.remove(ids, i) break end
              end
            end
            while at <= #ids and (count >= mostEntries or bytes > mostBytes or ids[at] < ARGV[9]) do
              drop(ids[at])
              at = at + 1
            end
            redis.call('SET', KEYS[4], record, 'EX', seconds)
            redis.call('ZADD', KEYS[1], 0, id)
            redis.call('HSET', KEYS[2], id, #record .. ' ' .. address)
            redis.call('EXPIRE', KEYS[1], seconds)
            redis.call('EXPIRE', KEYS[2], seconds)
            return 1
            """#
    )

    /// Ends a refusal: it was accepted, and is kept without its body as long as it would have been, or it is discarded.
    ///
    /// KEYS: ring · sizes · the refusal's record. ARGV: id · the record from now on; empty: none.
    /// Answers 1; 0 when it was not there any more.
    static let refusalEnd = RedisScript(
        name: "refusalEnd",
        source: #"""
            if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
            if ARGV[2] ~= '' and redis.call('SET', KEYS[3], ARGV[2], 'XX', 'KEEPTTL') then
              -- It takes no address' share any more.
              redis.call('HSET', KEYS[2], ARGV[1], #ARGV[2] .. ' ')
              return 1
            end
            redis.call('ZREM', KEYS[1], ARGV[1])
            redis.call('HDEL', KEYS[2], ARGV[1])
            return redis.call('UNLINK', KEYS[3])
            """#
    )
}

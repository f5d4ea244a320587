extension RedisScript {
    /// Looks at a page of one source's index, oldest first: forgets what has expired, and removes settled events while the
    /// archive is over its limits.
    ///
    /// KEYS: the source's index · the indexes of all sources.
    /// ARGV: prefix · how many entries to pass over · page · most events · most bytes (0: no limit) · bytes of an event on
    /// average, as far as known · 1: the source's events go to the forwarder · archive time in seconds.
    /// Answers: entries looked at · removed · kept · bytes kept · owed among the kept · arrival of the next entry (ms), or
    /// -1 at the end.
    ///
    /// An event is owed while its record does not expire (a lane, a dead list or the quarantine refers to it), while a lane
    /// or a replay has it before it, and while it waits for the forwarder: such an event's record is kept alive here,
    /// however long the forwarder takes. Limits are compared with what is there now, so that any number of processes may
    /// call this at once.
    static let trimArchive = RedisScript(
        name: "trimArchive",
        source: #"""
            local prefix, offset, page = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
            local mostEvents, mostBytes, each = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
            local archive = tonumber(ARGV[8])
            local total = 0
            for i = 2, #KEYS do total = total + redis.call('ZCARD', KEYS[i]) end
            local bytes = total * each
            local gone, removed, kept, size, owed = {}, 0, 0, 0, 0

            local function owes(id, record, ttl)
              if ttl == -1 then return true end
              local state = redis.call('HMGET', prefix .. 'state:' .. id, 'pending', 'status')
              if state[2] then
                return tonumber(state[1] or '0') > 0 or state[2] == 'queued' or state[2] == 'forwarding'
              end
              if ARGV[7] ~= '1' then return false end
              if ttl < archive * 500 then redis.call('EXPIRE', record, archive) end
              return true
            end

            local ids = redis.call('ZRANGE', KEYS[1], offset, offset + page - 1)
            for _, id in ipairs(ids) do
              local record = prefix .. 'event:' .. id
              local ttl = redis.call('PTTL', record)
              if ttl == -2 then
                gone[#gone + 1] = id
                total, bytes = total - 1, bytes - each
              else
                local length, isOwed = redis.call('STRLEN', record), owes(id, record, ttl)
                local isOver = mostEvents > 0 and total > mostEvents or mostBytes > 0 and bytes > mostBytes
                if isOver and not isOwed then
                  redis.call('UNLINK', record, prefix .. 'state:' .. id, prefix .. 'attempts:' .. id)
                  gone[#gone + 1] = id
                  total, bytes, removed = total - 1, bytes - length, removed + 1
                else
                  kept, size = kept + 1, size + length
                  if isOwed then owed = owed + 1 end
                end
              end
            end
            if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
            local following = redis.call('ZRANGE', KEYS[1], offset + kept, offset + kept, 'WITHSCORES')
            return {#ids, removed, kept, size, owed, following[2] and tonumber(following[2]) or -1}
            """#
    )
}

extension RedisScript {
    /// Tops up a consumer's work list from the head of its queue and answers all that it holds.
    ///
    /// KEYS: queue · work list · lease · consumers · returns.
    /// ARGV: consumer · lease in seconds · most entries held · most bytes taken · prefix of the queue's work lists where
    /// one consumer holds entries at a time, else "".
    ///
    /// An entry that came back from a dead worker twice is handed out alone: should it be the one that kills, nothing
    /// else is in the work list with it.
    static let queueClaim = RedisScript(
        name: "queueClaim",
        source: #"""
            redis.call('SET', KEYS[3], '1', 'EX', ARGV[2])
            redis.call('SADD', KEYS[4], ARGV[1])
            local held = redis.call('LRANGE', KEYS[2], 0, -1)
            local room, bytes = tonumber(ARGV[3]) - #held, tonumber(ARGV[4])
            if ARGV[5] ~= '' then
              for _, consumer in ipairs(redis.call('SMEMBERS', KEYS[4])) do
                if consumer ~= ARGV[1] and redis.call('EXISTS', ARGV[5] .. consumer) == 1 then return held end
              end
            end
            local returned = redis.call('EXISTS', KEYS[5]) == 1
            local function suspicious(entry)
              return returned and tonumber(redis.call('HGET', KEYS[5], redis.sha1hex(entry)) or '0') >= 2
            end
            for i = 1, #held do
              if suspicious(held[i]) then return held end
            end
            local taken = {}
            while #taken < room and bytes > 0 do
              local chunk = redis.call('LRANGE', KEYS[1], #taken, math.min(#taken + 24, room - 1))
              if #chunk == 0 then break end
              for i = 1, #chunk do
                local entry = chunk[i]
                if suspicious(entry) then
                  if #taken + #held == 0 then taken[1] = entry end
                  bytes = 0
                  break
                end
                bytes = bytes - #entry
                taken[#taken + 1] = entry
                if bytes <= 0 then break end
              end
            end
            if #taken == 0 then return held end
            redis.call('RPUSH', KEYS[2], unpack(taken))
            redis.call('LTRIM', KEYS[1], #taken, -1)
            for i = 1, #taken do held[#held + 1] = taken[i] end
            return held
            """#
    )
}

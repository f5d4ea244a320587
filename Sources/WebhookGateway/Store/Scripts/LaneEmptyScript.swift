extension RedisScript {
    /// Takes events out of a lane that nobody delivers any more, dead ones too: for good, or into another lane.
    ///
    /// KEYS: lane · delayed · parked · dead · order · ledger.
    /// ARGV: prefix · destination · archive time in seconds · most events · the other destination, or "" to discard.
    /// Answers how many were taken; 0 when there is nothing more, but for what is in flight.
    ///
    /// The books say `discarded` here and `entered` there. A lane that owes the event already does not get it again.
    static let laneEmpty = RedisScript(
        name: "laneEmpty",
        source: eventStateLua + #"""
            local prefix, name, archive, most, other = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
            local ids, owed = {}, {}
            local function take(id, isOwed)
              ids[#ids + 1], owed[#ids + 1] = id, isOwed
            end
            for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, most - 1)) do take(id, true) end
            redis.call('LTRIM', KEYS[1], #ids, -1)
            for _, key in ipairs({KEYS[3], KEYS[2], KEYS[4]}) do
              local members = #ids < most and redis.call('ZRANGE', key, 0, most - #ids - 1) or {}
              if #members > 0 then redis.call('ZREM', key, unpack(members)) end
              for _, member in ipairs(members) do
                take(key == KEYS[3] and string.sub(member, 57) or member, key ~= KEYS[4])
              end
            end
            if #ids == 0 then
              redis.call('DEL', KEYS[5])
              return 0
            end

            local pushed, entered = {}, 0
            for i = 1, #ids do
              local id = ids[i]
              local state = prefix .. 'state:' .. id
              if other ~= '' then
                local old = redis.call('HGET', state, 'to:' .. other)
                if old ~= 'waiting' and old ~= 'retrying' then
                  redis.call('PERSIST', prefix .. 'event:' .. id)
                  redis.call('PERSIST', state)
                  redis.call('PERSIST', prefix .. 'attempts:' .. id)
                  if old ~= 'dead' or redis.call('ZREM', prefix .. 'lane:' .. other .. ':dead', id) == 0 then
                    entered = entered + 1
                  end
                  redis.call('HDEL', state, 'attempts:' .. other, 'first:' .. other)
                  redis.call('HSET', state, 'to:' .. other, 'waiting', 'status', 'forwarding')
                  redis.call('HINCRBY', state, 'pending', 1)
                  pushed[#pushed + 1] = id
                end
              end
              redis.call('HSET', state, 'to:' .. name, 'discarded')
              if redis.call('HINCRBY', state, 'pending', owed[i] and -1 or 0) <= 0 then close(prefix, id, archive) end
            end
            if #pushed > 0 then redis.call('RPUSH', prefix .. 'lane:' .. other, unpack(pushed)) end
            redis.call('HINCRBY', KEYS[6], 'lane:' .. name .. ':discarded', #ids)
            if entered > 0 then redis.call('HINCRBY', KEYS[6], 'lane:' .. other .. ':entered', entered) end
            return #ids
            """#
    )
}

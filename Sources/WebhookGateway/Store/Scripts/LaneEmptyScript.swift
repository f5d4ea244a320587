extension RedisScript {
    /// Takes events out of a lane that nobody delivers any more, dead ones too: for good, or into another lane.
    ///
    /// KEYS: lane · delayed · parked · dead · order · ledger · inflight · paused · disabled · circuit · last.
    /// ARGV: prefix · destination · archive time in seconds · most events · the other destination, or "" to discard.
    /// Answers how many were taken; 0 when there is nothing more, but for what is in flight.
    ///
    /// The books say `discarded` here and `entered` there. A lane that owes the event already does not get it again. An
    /// event that others of its key wait for lets the next one go, as when it is settled: they keep their order, and whoever
    /// stops half-way leaves none behind that waits for what is not there any more. Of a lane that is empty nothing is kept:
    /// a destination of its name begins anew.
    static let laneEmpty = RedisScript(
        name: "laneEmpty",
        source: eventStateLua + laneOrderLua + #"""
            local prefix, name, archive, most, other = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
            local ids, owed = {}, {}
            local function take(id, isOwed)
              ids[#ids + 1], owed[#ids + 1] = id, isOwed
            end
            local function members(key)
              local found = #ids < most and redis.call('ZRANGE', key, 0, most - #ids - 1) or {}
              if #found > 0 then redis.call('ZREM', key, unpack(found)) end
              return found
            end
            for _, id in ipairs(members(KEYS[2])) do
              take(id, true)
              release(KEYS[1], KEYS[5], KEYS[3], id)
            end
            while #ids < most do
              local id = redis.call('LPOP', KEYS[1])
              if not id then break end
              take(id, true)
              release(KEYS[1], KEYS[5], KEYS[3], id)
            end
            -- What is parked still waits for what is in flight.
            for _, member in ipairs(members(KEYS[3])) do take(string.sub(member, 57), true) end
            for _, id in ipairs(members(KEYS[4])) do take(id, false) end
            if #ids == 0 then
              if redis.call('EXISTS', KEYS[7]) == 0 then redis.call('DEL', KEYS[5], KEYS[8], KEYS[9], KEYS[10], KEYS[11]) end
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

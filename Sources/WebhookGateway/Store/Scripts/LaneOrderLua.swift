extension RedisScript {
    /// Lua that the scripts of a lane begin with where events of one key (their `subject`) may not overtake each other.
    ///
    /// `order` is a hash: `k:<key>` = the event that holds the key, `i:<id>` = the key it holds, `seq` = how many were
    /// parked ever. An event takes its key when it is first claimed and keeps it over retries and returns until it is
    /// delivered, dead or discarded. What is met meanwhile with the same key is parked: a member of the sorted set
    /// `parked`, `<key><seq><id>`, by which the set's order within a key is that of the lane. The key of an event is the
    /// SHA-1 of its subject; an event without one has none and never waits.
    static let laneOrderLua = #"""
        local function parkedOf(parked, key, count)
          return redis.call('ZRANGEBYLEX', parked, '[' .. key, '(' .. key .. ':', 'LIMIT', 0, count)
        end

        -- Whether the event has to wait for another of its key; else it holds the key from now on.
        local function park(order, parked, id, envelope)
          if redis.call('HEXISTS', order, 'i:' .. id) == 1 then return false end
          local read, event = pcall(cjson.decode, envelope)
          local subject = read and type(event) == 'table' and event.subject
          if type(subject) ~= 'string' then return false end
          local key = redis.sha1hex(subject)
          if redis.call('HSETNX', order, 'k:' .. key, id) == 1 then
            redis.call('HSET', order, 'i:' .. id, key)
            return false
          end
          local seq = redis.call('HINCRBY', order, 'seq', 1)
          redis.call('ZADD', parked, 0, key .. string.format('%016d', seq) .. id)
          return true
        end

        -- The event needs its key no more: the next one parked gets it and goes to the head of the lane.
        local function release(lane, order, parked, id)
          local key = redis.call('HGET', order, 'i:' .. id)
          if not key then return end
          redis.call('HDEL', order, 'i:' .. id)
          local member = parkedOf(parked, key, 1)[1]
          if not member then return redis.call('HDEL', order, 'k:' .. key) end
          local following = string.sub(member, 57)
          redis.call('ZREM', parked, member)
          redis.call('HSET', order, 'k:' .. key, following, 'i:' .. following, key)
          redis.call('LPUSH', lane, following)
        end

        -- Order is not kept any more: what is parked goes back to the head of the lane, a part at a time.
        local function unpark(lane, order, parked)
          local members = redis.call('ZREVRANGE', parked, 0, 499)
          redis.call('ZREM', parked, unpack(members))
          for i = 1, #members do redis.call('LPUSH', lane, string.sub(members[i], 57)) end
          if redis.call('EXISTS', parked) == 0 then redis.call('DEL', order) end
        end

        """#
}

extension RedisScript {
    /// Lua that the scripts which push to a queue begin with: `target(queue)`, the list that takes entries now.
    ///
    /// While a queue is paused its list is put aside under another name, so that a blocking take of any worker finds
    /// nothing; what comes in meanwhile joins the list that is aside.
    static let queueTargetLua = #"""
        local function target(queue)
          if redis.call('EXISTS', queue .. ':paused') == 1 then return queue .. ':aside' end
          return queue
        end

        """#

    /// Pauses a queue: its list is moved aside.
    ///
    /// KEYS: queue · aside · paused. ARGV: now in ms. Answers how many entries wait; -1 when it was paused before.
    static let queuePause = RedisScript(
        name: "queuePause",
        source: #"""
            if not redis.call('SET', KEYS[3], ARGV[1], 'NX') then return -1 end
            if redis.call('EXISTS', KEYS[2]) == 0 then
              if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
            else
              while redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') do end
            end
            return redis.call('LLEN', KEYS[2])
            """#
    )

    /// Ends the pause: the list comes back, in front of what strangers pushed past the gateway meanwhile.
    ///
    /// KEYS: queue · aside · paused. Answers how many entries wait; -1 when it was not paused.
    static let queueResume = RedisScript(
        name: "queueResume",
        source: #"""
            if redis.call('DEL', KEYS[3]) == 0 then return -1 end
            if redis.call('EXISTS', KEYS[2]) == 1 then
              while redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') do end
              redis.call('RENAME', KEYS[2], KEYS[1])
            end
            return redis.call('LLEN', KEYS[1])
            """#
    )

    /// Discards entries that wait on a queue, paused or not, from its head; what is at work, delayed or dead stays.
    ///
    /// KEYS: queue · aside · ledger. ARGV: queue name · prefix · archive time in seconds · most entries.
    /// Answers how many it discarded. Events that no lane has heard of yet get the status `discarded`.
    static let queueClear = RedisScript(
        name: "queueClear",
        source: eventStateLua + #"""
            local most, count = tonumber(ARGV[4]), 0
            for _, key in ipairs({KEYS[2], KEYS[1]}) do
              local entries = count < most and redis.call('LRANGE', key, 0, most - count - 1) or {}
              for _, entry in ipairs(ARGV[1] == 'events' and entries or {}) do
                local id = string.match(entry, '"id":"([%w_.-]+)"')
                local state = id and ARGV[2] .. 'state:' .. id
                local known = id and redis.call('HMGET', state, 'status', 'pending')
                if id and (not known[1] or known[1] == 'queued') then
                  -- A replayed event is what its lanes say again.
                  if tonumber(known[2] or '0') <= 0 then
                    close(ARGV[2], id, ARGV[3], 'discarded')
                  else
                    redis.call('HSET', state, 'status', 'forwarding')
                  end
                end
              end
              if #entries > 0 then redis.call('LTRIM', key, #entries, -1) end
              count = count + #entries
            end
            if count > 0 then redis.call('HINCRBY', KEYS[3], 'queue:' .. ARGV[1] .. ':discarded', count) end
            return count
            """#
    )
}

extension RedisScript {
    /// Gives back the work of consumers whose lease has lapsed, and lets delayed events in that are due.
    ///
    /// KEYS: queue · consumers · delayed · dead · returns · idle.
    /// ARGV: prefix of work lists · prefix of leases · most returns · forget after (ms) · now as text · prefix of all keys ·
    /// the queue's name.
    /// Answers: returned · dead · forgotten · due.
    ///
    /// Only the oldest entry of a work list counts a return: it is the one that was being worked on. A consumer is
    /// forgotten long after it was last seen, because its next take could already be on the way. The record of an event that
    /// is buried stays as long as the dead list refers to it (`held:<queue>` in its state).
    static let queueReap = RedisScript(
        name: "queueReap",
        source: queueTargetLua + #"""
            local queue = target(KEYS[1])
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local most, patience = tonumber(ARGV[3]), tonumber(ARGV[4])
            local returned, died, forgotten = 0, 0, 0

            local function hold(id)
              local record, state = ARGV[6] .. 'event:' .. id, ARGV[6] .. 'state:' .. id
              if redis.call('EXISTS', record) == 0 then return end
              redis.call('HSET', state, 'held:' .. ARGV[7], 1)
              local known = redis.call('HMGET', state, 'status', 'pending')
              if ARGV[7] == 'events' and (not known[1] or known[1] == 'queued') then
                redis.call('HSET', state, 'status', tonumber(known[2] or '0') > 0 and 'forwarding' or 'dead')
              end
              for _, key in ipairs({record, state, ARGV[6] .. 'attempts:' .. id}) do redis.call('PERSIST', key) end
            end

            local function bury(entry, returns)
              local id = string.match(entry, '"id":"([%w_.-]+)"')
              if id then hold(id) end
              local reason = 'returned ' .. returns .. ' times by workers whose lease lapsed'
              local why = '"deadreason":"' .. reason .. '","deadcategory":"unknown","deadat":"' .. ARGV[5] .. '"}'
              local body = string.match(entry, '^(%s*{.*)}%s*$')
              if body and string.find(body, ':', 1, true) then
                entry = body .. ',' .. why
              else
                entry = '{"entry":' .. cjson.encode(entry) .. ',' .. why
              end
              redis.call('RPUSH', KEYS[4], entry)
            end

            for _, consumer in ipairs(redis.call('SMEMBERS', KEYS[2])) do
              if redis.call('EXISTS', ARGV[2] .. consumer) == 1 then
                redis.call('HDEL', KEYS[6], consumer)
              else
                local work = ARGV[1] .. consumer
                -- What a worker has made of its own key must not keep the work of the others.
                local oldest = redis.call('TYPE', work).ok == 'list' and redis.call('LINDEX', work, 0)
                if oldest then
                  local mark = redis.sha1hex(oldest)
                  local returns = redis.call('HINCRBY', KEYS[5], mark, 1)
                  redis.call('EXPIRE', KEYS[5], 86400)
                  if returns > most then
                    redis.call('LPOP', work)
                    redis.call('HDEL', KEYS[5], mark)
                    bury(oldest, returns)
                    died = died + 1
                  end
                  while redis.call('LMOVE', work, queue, 'RIGHT', 'LEFT') do returned = returned + 1 end
                  redis.call('HDEL', KEYS[6], consumer)
                else
                  local since = tonumber(redis.call('HGET', KEYS[6], consumer) or '0')
                  if since == 0 then
                    redis.call('HSET', KEYS[6], consumer, now)
                  elseif now - since > patience then
                    redis.call('SREM', KEYS[2], consumer)
                    redis.call('HDEL', KEYS[6], consumer)
                    forgotten = forgotten + 1
                  end
                end
              end
            end

            local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 500)
            if #due > 0 then
              redis.call('ZREM', KEYS[3], unpack(due))
              local back = {}
              for i = #due, 1, -1 do back[#back + 1] = due[i] end
              redis.call('LPUSH', queue, unpack(back))
            end
            return {returned, died, forgotten, #due}
            """#
    )
}

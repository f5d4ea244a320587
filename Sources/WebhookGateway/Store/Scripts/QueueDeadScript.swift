extension RedisScript {
    /// Takes one entry off a queue's dead list: back to the queue's tail, or for good.
    ///
    /// KEYS: queue · dead · ledger · record · state.
    /// ARGV: the entry · prefix · archive time in seconds · queue name · id · `retry` · what goes to the queue;
    /// or `discard` · the source of a quarantined delivery or "".
    /// Answers 1, or 0 when the entry is not there any more.
    ///
    /// A quarantined delivery never entered the queue: its source's books say that it was discarded.
    static let queueDead = RedisScript(
        name: "queueDead",
        source: queueTargetLua + eventStateLua + #"""
            if redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then return 0 end
            local prefix, archive, queue, id, last = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[7]
            local record, state = KEYS[4], KEYS[5]
            local isKept = redis.call('EXISTS', record) == 1
            local wasHeld = redis.call('HDEL', state, 'held:' .. queue) == 1
            local isOwed = tonumber(redis.call('HGET', state, 'pending') or '0') > 0

            -- The list refers to the event no more; another one, or a lane, may.
            local function letGo()
              if queue == 'events' then
                if isKept and not isOwed then close(prefix, id, archive, 'discarded') end
              elseif wasHeld and not isOwed then
                if redis.call('HEXISTS', state, 'status') == 1 then
                  if redis.call('HGET', state, 'status') ~= 'queued' then close(prefix, id, archive) end
                elseif redis.call('EXISTS', state) == 0 then
                  redis.call('EXPIRE', record, archive)
                end
              end
            end

            if ARGV[6] == 'retry' then
              redis.call('RPUSH', target(KEYS[1]), last)
              if queue ~= 'events' then
                letGo()
              elseif isKept then
                -- It is older than what stands before it in the queue: only this tells the archive that it waits.
                redis.call('HSET', state, 'status', 'queued')
                redis.call('PERSIST', state)
              end
            elseif last == '' then
              redis.call('HINCRBY', KEYS[3], 'queue:' .. queue .. ':discarded', 1)
              letGo()
            else
              redis.call('HINCRBY', KEYS[3], 'source:' .. last .. ':discarded', 1)
              redis.call('HINCRBY', KEYS[3], 'source:' .. last .. ':quarantined', -1)
              redis.call('HINCRBY', KEYS[3], 'queue:' .. queue .. ':quarantined', -1)
              redis.call('HSET', state, 'status', 'discarded', 'pending', 0)
              redis.call('EXPIRE', record, archive)
              redis.call('EXPIRE', state, archive)
            end
            return 1
            """#
    )
}

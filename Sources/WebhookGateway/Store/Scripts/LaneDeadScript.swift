extension RedisScript {
    /// Takes dead letters of a lane up again (they go to its tail, as new: attempts and age begin anew), or discards them.
    ///
    /// KEYS: lane · dead · ledger. ARGV: prefix · destination · archive time in seconds · `retry` or `discard` · ids.
    /// Answers the ids that were dead and are not any more.
    static let laneDead = RedisScript(
        name: "laneDead",
        source: eventStateLua + #"""
            local prefix, name, archive, retry = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == 'retry'
            local moved = {}
            for i = 5, #ARGV do
              local id = ARGV[i]
              if redis.call('ZREM', KEYS[2], id) == 1 then
                moved[#moved + 1] = id
                local state = prefix .. 'state:' .. id
                if retry then
                  redis.call('PERSIST', prefix .. 'event:' .. id)
                  redis.call('PERSIST', state)
                  redis.call('PERSIST', prefix .. 'attempts:' .. id)
                  redis.call('HDEL', state, 'attempts:' .. name, 'first:' .. name)
                  redis.call('HSET', state, 'to:' .. name, 'waiting', 'status', 'forwarding')
                  redis.call('HINCRBY', state, 'pending', 1)
                else
                  redis.call('HSET', state, 'to:' .. name, 'discarded')
                  if tonumber(redis.call('HGET', state, 'pending') or '0') <= 0 then close(prefix, id, archive) end
                end
              end
            end
            if #moved > 0 then
              if retry then
                redis.call('RPUSH', KEYS[1], unpack(moved))
              else
                redis.call('HINCRBY', KEYS[3], 'lane:' .. name .. ':discarded', #moved)
              end
            end
            return moved
            """#
    )
}

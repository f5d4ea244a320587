extension RedisScript {
    /// Ends claims: each event as its verdict says, and only while its token is current.
    ///
    /// KEYS: lane · inflight · tokens · delayed · dead · ledger · order · parked.
    /// ARGV: prefix · destination · archive time in seconds · attempts kept · v · v verdicts of eight (`done`, `retry`,
    /// `dead` or `return` · delay in ms · category · reason · status · attempt number · attempt as JSON · `1` where the
    /// reason is about several tenants' events) · then for each event: id, token, number of its verdict.
    /// Answers the ids whose token is not current: another has them, nothing was done.
    static let laneSettle = RedisScript(
        name: "laneSettle",
        source: eventStateLua + laneOrderLua + #"""
            local prefix, name, archive, kept = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
            local first = 5 + 8 * tonumber(ARGV[5])
            local n = (#ARGV - first) / 3
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)

            local ids, stale, mine, back, ended, deaths, done = {}, {}, {}, {}, {}, {}, 0
            for i = 1, n do ids[i] = ARGV[first + 3 * i - 2] end
            local current = redis.call('HMGET', KEYS[3], unpack(ids))
            for i = 1, n do
              local at = first + 3 * i - 2
              local id = ids[i]
              if current[i] ~= ARGV[at + 1] then
                stale[#stale + 1] = id
              else
                mine[#mine + 1] = id
                local v = 6 + 8 * (tonumber(ARGV[at + 2]) - 1)
                local kind, attempt, entry = ARGV[v], ARGV[v + 5], ARGV[v + 6]
                local state = prefix .. 'state:' .. id
                if kind == 'return' then
                  back[#back + 1] = id
                else
                  if entry ~= '' then
                    local count = redis.call('RPUSH', prefix .. 'attempts:' .. id, entry)
                    if count > kept then redis.call('LTRIM', prefix .. 'attempts:' .. id, -kept, -1) end
                  end
                  if kind == 'done' then
                    redis.call('HSET', state, 'to:' .. name, 'delivered', 'attempts:' .. name, attempt)
                    done = done + 1
                  else
                    redis.call('HSET', state, 'attempts:' .. name, attempt, 'category:' .. name, ARGV[v + 2],
                      'reason:' .. name, ARGV[v + 3], 'status:' .. name, ARGV[v + 4],
                      'to:' .. name, kind == 'retry' and 'retrying' or 'dead', 'shared:' .. name, ARGV[v + 7])
                    redis.call('HSETNX', state, 'first:' .. name, now)
                    if kind == 'retry' then
                      redis.call('ZADD', KEYS[4], now + ARGV[v + 1], id)
                    else
                      redis.call('ZADD', KEYS[5], now, id)
                      deaths[ARGV[v + 2]] = (deaths[ARGV[v + 2]] or 0) + 1
                    end
                  end
                  if kind ~= 'retry' then
                    ended[#ended + 1] = id
                    if redis.call('HINCRBY', state, 'pending', -1) <= 0 then close(prefix, id, archive) end
                  end
                end
              end
            end
            if #mine > 0 then
              redis.call('HDEL', KEYS[3], unpack(mine))
              redis.call('ZREM', KEYS[2], unpack(mine))
            end
            if #back > 0 then
              local reversed = {}
              for i = #back, 1, -1 do reversed[#reversed + 1] = back[i] end
              redis.call('LPUSH', KEYS[1], unpack(reversed))
            end
            if #ended > 0 and redis.call('EXISTS', KEYS[7]) == 1 then
              for i = 1, #ended do release(KEYS[1], KEYS[7], KEYS[8], ended[i]) end
            end
            for category, count in pairs(deaths) do
              redis.call('HINCRBY', KEYS[6], 'lane:' .. name .. ':died:' .. category, count)
            end
            if done > 0 then redis.call('HINCRBY', KEYS[6], 'lane:' .. name .. ':done', done) end
            return stale
            """#
    )
}

extension RedisScript {
    /// Takes events of a lane for sending: retries that are due first, then those that wait, oldest first.
    ///
    /// KEYS: lane · inflight · tokens · delayed.
    /// ARGV: prefix · destination · most events · most bytes · length of the claim (ms) · token.
    /// Answers: when the next retry is due, in ms from now (-1: none) · then for each event: id, envelope ("" when its
    /// record is missing), attempts made, ms since the first attempt.
    ///
    /// At least one event is given however large it is. All times are Redis' own.
    static let laneClaim = RedisScript(
        name: "laneClaim",
        source: #"""
            local prefix, name, bytes = ARGV[1], ARGV[2], tonumber(ARGV[4])
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)

            local due = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 500)
            if #due > 0 then
              redis.call('ZREM', KEYS[4], unpack(due))
              local back = {}
              for i = #due, 1, -1 do back[#back + 1] = due[i] end
              redis.call('LPUSH', KEYS[1], unpack(back))
            end
            local reply = {-1}
            local following = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
            if following[2] then reply[1] = math.max(0, following[2] - now) end

            local claims, tokens, taken = {}, {}, 0
            for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, ARGV[3] - 1)) do
              local record = redis.pcall('GET', prefix .. 'event:' .. id)
              local envelope = ''
              if type(record) == 'string' then
                local start = string.find(record, '\n', 1, true)
                local stop = start and string.find(record, '\n', start + 1, true)
                if stop then envelope = string.sub(record, start + 1, stop - 1) end
              end
              bytes = bytes - #envelope
              if taken > 0 and bytes < 0 then break end
              local known = redis.call('HMGET', prefix .. 'state:' .. id, 'attempts:' .. name, 'first:' .. name)
              taken = taken + 1
              claims[2 * taken - 1], claims[2 * taken] = now + ARGV[5], id
              tokens[2 * taken - 1], tokens[2 * taken] = id, ARGV[6]
              local at = #reply
              reply[at + 1], reply[at + 2] = id, envelope
              reply[at + 3] = tonumber(known[1] or '0')
              reply[at + 4] = known[2] and math.max(0, now - known[2]) or 0
            end
            if taken > 0 then
              redis.call('LTRIM', KEYS[1], taken, -1)
              redis.call('ZADD', KEYS[2], unpack(claims))
              redis.call('HSET', KEYS[3], unpack(tokens))
            end
            return reply
            """#
    )
}

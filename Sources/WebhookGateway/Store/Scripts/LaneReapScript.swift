extension RedisScript {
    /// Gives events whose claim has ended back to the head of the lane, in order; with a token, also those claimed by it
    /// (a claim whose answer was lost on the way).
    ///
    /// KEYS: lane · inflight · tokens. ARGV: token or "". Answers how many came back.
    static let laneReap = RedisScript(
        name: "laneReap",
        source: #"""
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local back = redis.call('ZREVRANGEBYSCORE', KEYS[2], now, '-inf', 'LIMIT', 0, 500)
            if ARGV[1] ~= '' then
              back = {}
              local tokens = redis.call('HGETALL', KEYS[3])
              for i = 1, #tokens, 2 do
                if tokens[i + 1] == ARGV[1] then back[#back + 1] = tokens[i] end
              end
              table.sort(back, function(a, b) return a > b end)
            end
            if #back == 0 then return 0 end
            redis.call('ZREM', KEYS[2], unpack(back))
            redis.call('HDEL', KEYS[3], unpack(back))
            redis.call('LPUSH', KEYS[1], unpack(back))
            return #back
            """#
    )
}

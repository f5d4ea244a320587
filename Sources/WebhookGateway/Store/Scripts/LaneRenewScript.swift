extension RedisScript {
    /// Prolongs claims whose sending takes longer, while their token is current.
    ///
    /// KEYS: inflight · tokens. ARGV: length of the claim (ms) · then for each event: id, token.
    static let laneRenew = RedisScript(
        name: "laneRenew",
        source: #"""
            local time = redis.call('TIME')
            local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
            local renewed = 0
            for i = 2, #ARGV, 2 do
              if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then
                redis.call('ZADD', KEYS[1], ends, ARGV[i])
                renewed = renewed + 1
              end
            end
            return renewed
            """#
    )
}

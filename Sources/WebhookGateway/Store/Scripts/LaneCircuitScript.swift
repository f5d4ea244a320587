extension RedisScript {
    /// Tells the circuit of a destination how its requests end.
    ///
    /// KEYS: circuit. ARGV: failures since the last success (0: a request succeeded; -1: none was made, the event that was to
    /// try the circuit was not sent) · failures in a row that open it · how long it stays open (ms) · category · reason ·
    /// owner of the lane.
    /// Answers 1 when this opened it (again), 2 when this closed it, else 0.
    ///
    /// A circuit that is closed and without failures has no key. A success closes it, whoever had it. One that nobody has
    /// reported to for a week is forgotten: its destination may have left the configuration.
    static let laneCircuit = RedisScript(
        name: "laneCircuit",
        source: #"""
            local state = redis.call('HGET', KEYS[1], 'state')
            if ARGV[1] == '0' then
              redis.call('DEL', KEYS[1])
              return state and 2 or 0
            end
            if ARGV[1] == '-1' then
              -- The next one may try.
              if redis.call('HGET', KEYS[1], 'probe') == ARGV[6] then redis.call('HSET', KEYS[1], 'until', 0) end
              return 0
            end
            redis.call('HSET', KEYS[1], 'category', ARGV[4], 'reason', ARGV[5])
            redis.call('EXPIRE', KEYS[1], 604800)
            local failures = redis.call('HINCRBY', KEYS[1], 'failures', ARGV[1])
            if state == 'open' or not state and failures < tonumber(ARGV[2]) then return 0 end
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('HSETNX', KEYS[1], 'since', now)
            redis.call('HSET', KEYS[1], 'state', 'open', 'until', now + ARGV[3])
            return 1
            """#
    )
}

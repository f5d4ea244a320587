extension RedisScript {
    /// Takes one entry off a queue's dead list: back to the queue's tail, or for good.
    ///
    /// KEYS: queue · dead · ledger · record · state.
    /// ARGV: the entry · `retry` · what goes to the queue;
    /// or the entry · `discard` · queue name · the source of a quarantined delivery or "" · archive time in seconds.
    /// Answers 1, or 0 when the entry is not there any more.
    ///
    /// A quarantined delivery never entered the queue: its source's books say that it was discarded.
    static let queueDead = RedisScript(
        name: "queueDead",
        source: queueTargetLua + #"""
            if redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then return 0 end
            if ARGV[2] == 'retry' then
              redis.call('RPUSH', target(KEYS[1]), ARGV[3])
            elseif ARGV[4] == '' then
              redis.call('HINCRBY', KEYS[3], 'queue:' .. ARGV[3] .. ':discarded', 1)
              -- No lane has heard of it, and none will: the archive keeps it for the forwarder no more.
              if ARGV[3] == 'events' and redis.call('EXISTS', KEYS[4]) == 1
                and redis.call('HSETNX', KEYS[5], 'status', 'discarded') == 1 then
                redis.call('HSET', KEYS[5], 'pending', 0)
                redis.call('EXPIRE', KEYS[4], ARGV[5])
                redis.call('EXPIRE', KEYS[5], ARGV[5])
              end
            else
              redis.call('HINCRBY', KEYS[3], 'source:' .. ARGV[4] .. ':discarded', 1)
              redis.call('HINCRBY', KEYS[3], 'source:' .. ARGV[4] .. ':quarantined', -1)
              redis.call('HINCRBY', KEYS[3], 'queue:' .. ARGV[3] .. ':quarantined', -1)
              redis.call('HSET', KEYS[5], 'status', 'discarded', 'pending', 0)
              redis.call('EXPIRE', KEYS[4], ARGV[5])
              redis.call('EXPIRE', KEYS[5], ARGV[5])
            end
            return 1
            """#
    )
}

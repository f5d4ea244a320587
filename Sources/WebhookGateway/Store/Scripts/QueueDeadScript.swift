extension RedisScript {
    /// Takes one entry off a queue's dead list: back to the queue's tail, or for good.
    ///
    /// KEYS: queue · dead · ledger · record.
    /// ARGV: the entry · `retry` · what goes to the queue;
    /// or the entry · `discard` · the ledger's field that counts it · the field it leaves or "" · archive time in seconds.
    /// Answers 1, or 0 when the entry is not there any more.
    static let queueDead = RedisScript(
        name: "queueDead",
        source: #"""
            if redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then return 0 end
            if ARGV[2] == 'retry' then
              redis.call('RPUSH', KEYS[1], ARGV[3])
            else
              redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
              if ARGV[4] ~= '' then
                redis.call('HINCRBY', KEYS[3], ARGV[4], -1)
                redis.call('EXPIRE', KEYS[4], ARGV[5])
              end
            end
            return 1
            """#
    )
}

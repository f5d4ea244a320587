extension RedisScript {
    /// Sends an archived event once more: to a queue, or to one destination's lane alone.
    ///
    /// KEYS: record · state · attempts · ledger · queue or lane · the lane's dead [· where the caller's `Idempotency-Key` is
    /// kept].
    /// ARGV: `queue` or `lane` · name · id · the record with the replay's id in the event · the event · which forced replay
    /// it is (0: none) [· what to keep under the caller's key · for how many seconds].
    /// Answers 1; 0 when the record is gone; -1 when the lane still owes the event; what is kept under the caller's key,
    /// where there is something: nothing is sent then.
    ///
    /// A replay enters anew; only a dead letter that is taken up by it has entered before.
    static let replay = RedisScript(
        name: "replay",
        source: queueTargetLua + replayLua + #"""
            local known = KEYS[7] and redis.call('GET', KEYS[7])
            if known then return known end
            local result = replay()
            if KEYS[7] and result == 1 then redis.call('SET', KEYS[7], ARGV[7], 'EX', ARGV[8]) end
            return result
            """#
    )

    /// One step of a replay of many: the last entry of its list is replayed and taken off it, or neither.
    ///
    /// KEYS: those of `replay` · the job · its list. ARGV: those of `replay` (`skip` for its kind: the entry is only taken
    /// off) · the entry.
    /// Answers what `replay` answers; -2 when the entry is not the last any more, -3 when the job does not run.
    static let replayStep = RedisScript(
        name: "replayStep",
        source: queueTargetLua + replayLua + #"""
            if redis.call('HGET', KEYS[7], 'state') ~= 'running' then return -3 end
            if redis.call('LINDEX', KEYS[8], -1) ~= ARGV[7] then return -2 end
            local result = 0
            if ARGV[1] ~= 'skip' then result = replay() end
            redis.call('RPOP', KEYS[8])
            redis.call('HINCRBY', KEYS[7], result == 1 and 'done' or result == -1 and 'skipped' or 'failed', 1)
            return result
            """#
    )

    private static let replayLua = #"""
        local function replay()
            if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
            local name, id = ARGV[2], ARGV[3]
            if ARGV[1] == 'queue' then
              -- What is on its way to the forwarder does not expire.
              if name == 'events' then
                redis.call('SET', KEYS[1], ARGV[4])
                redis.call('HSET', KEYS[2], 'status', 'queued')
                redis.call('PERSIST', KEYS[2])
                redis.call('PERSIST', KEYS[3])
              else
                redis.call('SET', KEYS[1], ARGV[4], 'KEEPTTL')
              end
              redis.call('RPUSH', target(KEYS[5]), ARGV[5])
              redis.call('HINCRBY', KEYS[4], 'queue:' .. name .. ':entered', 1)
              return 1
            end
            local old = redis.call('HGET', KEYS[2], 'to:' .. name)
            if old == 'waiting' or old == 'retrying' then return -1 end
            redis.call('SET', KEYS[1], ARGV[4])
            if old ~= 'dead' or redis.call('ZREM', KEYS[6], id) == 0 then
              redis.call('HINCRBY', KEYS[4], 'lane:' .. name .. ':entered', 1)
            end
            redis.call('HDEL', KEYS[2], 'attempts:' .. name, 'first:' .. name, 'forced:' .. name)
            if ARGV[6] ~= '0' then redis.call('HSET', KEYS[2], 'forced:' .. name, ARGV[6]) end
            redis.call('HSET', KEYS[2], 'to:' .. name, 'waiting', 'status', 'forwarding')
            redis.call('HINCRBY', KEYS[2], 'pending', 1)
            redis.call('PERSIST', KEYS[2])
            redis.call('PERSIST', KEYS[3])
            redis.call('RPUSH', KEYS[5], id)
            return 1
        end

        """#
}

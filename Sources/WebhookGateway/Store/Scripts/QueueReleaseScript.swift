extension RedisScript {
    /// A consumer that stops gives back what it holds, in order, without a return being counted.
    ///
    /// KEYS: queue · work list · lease.
    ///
    /// It stays among the consumers: a blocking take that Redis is just serving may still put an entry into the list.
    static let queueRelease = RedisScript(
        name: "queueRelease",
        source: queueTargetLua + #"""
            local count, queue = 0, target(KEYS[1])
            while redis.call('LMOVE', KEYS[2], queue, 'RIGHT', 'LEFT') do count = count + 1 end
            redis.call('DEL', KEYS[3])
            return count
            """#
    )
}

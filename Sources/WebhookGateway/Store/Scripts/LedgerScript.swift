extension RedisScript {
    /// Reads every term of the partition's ledger in one step, so that nothing moves between two terms.
    ///
    /// KEYS: ledger · queues. ARGV: prefix · then pairs of `source`, `queue` or `lane` and a name that is listed anyway.
    /// Answers four lists of rows:
    /// - sources: name, accepted, queued, duplicate, discarded, quarantined;
    /// - queues: name, entered, done, discarded, dead, waiting, in flight, delayed, quarantined, consumers, paused since (ms);
    /// - lanes: name, entered, done, discarded, dead, waiting, in flight, delayed, skipped;
    /// - deaths: lane, category, count.
    ///
    /// Quarantined deliveries lie on a queue's dead list and never entered the queue: its `dead` is without them. What is
    /// held back for a tenant's limit counts as delayed.
    static let ledger = RedisScript(
        name: "ledger",
        source: #"""
            local prefix = ARGV[1]
            local terms = {source = {}, queue = {}, lane = {}}
            local names = {source = {}, queue = {}, lane = {}}
            local deaths = {}
            local function row(kind, name)
              if not terms[kind][name] then
                terms[kind][name] = {}
                table.insert(names[kind], name)
              end
              return terms[kind][name]
            end
            local fields = redis.call('HGETALL', KEYS[1])
            for i = 1, #fields, 2 do
              local kind, name, term = string.match(fields[i], '^(%a+):([^:]+):(.+)$')
              if kind and terms[kind] then
                row(kind, name)[term] = tonumber(fields[i + 1])
                local category = string.match(term, '^died:(.+)$')
                if category then table.insert(deaths, {name, category, tonumber(fields[i + 1])}) end
              end
            end
            for _, name in ipairs(redis.call('SMEMBERS', KEYS[2])) do row('queue', name) end
            for i = 2, #ARGV, 2 do row(ARGV[i], ARGV[i + 1]) end

            local sources, queues, lanes = {}, {}, {}
            for _, name in ipairs(names.source) do
              local t = terms.source[name]
              table.insert(sources, {name, t.accepted or 0, t.queued or 0, t.duplicate or 0, t.discarded or 0, t.quarantined or 0})
            end
            for _, name in ipairs(names.queue) do
              local t, queue = terms.queue[name], prefix .. 'queue:' .. name
              local working, consumers = 0, 0
              for _, consumer in ipairs(redis.call('SMEMBERS', prefix .. 'consumers:' .. name)) do
                working = working + redis.call('LLEN', prefix .. 'work:' .. name .. ':' .. consumer)
                consumers = consumers + redis.call('EXISTS', prefix .. 'lease:' .. name .. ':' .. consumer)
              end
              local quarantined = t.quarantined or 0
              table.insert(queues, {
                name, t.entered or 0, t.done or 0, t.discarded or 0,
                redis.call('LLEN', prefix .. 'dead:' .. name) - quarantined,
                redis.call('LLEN', queue) + redis.call('LLEN', queue .. ':aside'), working,
                redis.call('ZCARD', prefix .. 'delayed:' .. name) + (t.held or 0), quarantined, consumers,
                tonumber(redis.call('GET', queue .. ':paused') or '0'),
              })
            end
            for _, name in ipairs(names.lane) do
              local t, lane = terms.lane[name], prefix .. 'lane:' .. name
              table.insert(lanes, {
                name, t.entered or 0, t.done or 0, t.discarded or 0, redis.call('ZCARD', lane .. ':dead'),
                redis.call('LLEN', lane) + redis.call('ZCARD', lane .. ':parked'), redis.call('ZCARD', lane .. ':inflight'), redis.call('ZCARD', lane .. ':delayed'),
                t.skipped or 0,
              })
            end
            return {sources, queues, lanes, deaths}
            """#
    )
}

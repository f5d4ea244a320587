extension RedisScript {
    /// Says whether a lane's gate is open, permits requests, and takes events for sending.
    ///
    /// KEYS: lane · inflight · tokens · delayed · paused · disabled · circuit · rate · order · parked.
    /// ARGV: prefix · destination · most events · most bytes · length of the claim (ms) · token · owner of the lane ·
    /// how long a probe may take (ms) · permits wanted · rate: µs between requests (0: no limit) · rate: µs that a
    /// request may be ahead of that · `subject` where order is kept, else "".
    /// Answers: when the next retry is due, in ms from now (-1: none) · the gate (`flowing`, `paused`, `disabled`,
    /// `open`: the circuit; `probe`: this lane is trying whether it can be closed) · in how many ms it, or the next
    /// permit, is worth asking for again · failures in a row · permits given · then for each event: id, envelope ("" when
    /// its record is missing), attempts made, ms since the first attempt, which forced replay it is (0: none).
    ///
    /// Behind a gate that is shut nothing is given. Retries that are due and events that wait take turns, so that neither
    /// starves the other. At least one event is given however large it is. All times are Redis' own. The rate is GCRA:
    /// https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
    ///
    /// Redis serves nobody else meanwhile: what is looked at is bounded, too, since records hold raw bodies and an event is
    /// parsed for its key.
    static let laneClaim = RedisScript(
        name: "laneClaim",
        source: laneOrderLua + #"""
            local prefix, name, most, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
            local permits, interval = tonumber(ARGV[9]), tonumber(ARGV[10])
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local reply = {-1, 'flowing', 0, 0, 0}

            local switches = redis.call('MGET', KEYS[5], KEYS[6])
            if switches[1] then reply[2] = 'paused' elseif switches[2] then reply[2] = 'disabled' end
            if switches[1] or switches[2] then return reply end

            local circuit = redis.call('HMGET', KEYS[7], 'state', 'until', 'failures', 'probe')
            reply[4] = tonumber(circuit[3] or '0')
            local probing = false
            if circuit[1] then
              local left = circuit[2] - now
              if left <= 0 then
                reply[2], probing, most = 'probe', true, math.min(most, 1)
              elseif circuit[1] == 'half-open' and circuit[4] == ARGV[7] then
                reply[2], most = 'probe', 0
              else
                reply[2], reply[3] = 'open', left
                return reply
              end
            end

            if interval > 0 and permits > 0 then
              local micros, ahead = time[1] * 1000000 + time[2], tonumber(ARGV[11])
              local due = math.max(tonumber(redis.call('GET', KEYS[8]) or '0'), micros)
              -- No request by this rate is put off for so long: a slower one was in force, which holds nobody up now.
              if due > micros + ahead + interval then due = micros + ahead end
              while reply[5] < permits and due - micros <= ahead do
                reply[5], due = reply[5] + 1, due + interval
              end
              if reply[5] > 0 then
                redis.call('SET', KEYS[8], string.format('%.0f', due), 'PX', math.ceil((due - micros) / 1000))
              end
              if reply[5] < permits then reply[3] = math.ceil((due - ahead - micros) / 1000) end
            end
            if most == 0 then return reply end

            if ARGV[12] == '' and redis.call('EXISTS', KEYS[10]) == 1 then unpark(KEYS[1], KEYS[9], KEYS[10]) end
            local due = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, most)
            local live = redis.call('LRANGE', KEYS[1], 0, (ARGV[12] == '' and most or math.max(most, 200)) - 1)
            local claims, tokens, taken, d, l, looked = {}, {}, 0, 0, 0, 0
            local isDueTurn = time[2] % 2 == 0
            while taken < most and looked < 16777216 and (d < #due or l < #live) do
              local isDue = d < #due and (isDueTurn or l == #live)
              isDueTurn = not isDueTurn
              local id = isDue and due[d + 1] or live[l + 1]
              local record = redis.pcall('GET', prefix .. 'event:' .. id)
              local envelope = ''
              if type(record) == 'string' then
                local start = string.find(record, '\n', 1, true)
                local stop = start and string.find(record, '\n', start + 1, true)
                if stop then envelope = string.sub(record, start + 1, stop - 1) end
                -- To parse is some fifteen times the work of reading.
                looked = looked + #record + (ARGV[12] == '' and 0 or 15 * #envelope)
              end
              if taken > 0 and bytes < #envelope then break end
              if isDue then d = d + 1 else l = l + 1 end
              if ARGV[12] == '' or not park(KEYS[9], KEYS[10], id, envelope) then
                bytes = bytes - #envelope
                local known = redis.call('HMGET', prefix .. 'state:' .. id, 'attempts:' .. name, 'first:' .. name,
                  'forced:' .. name)
                taken = taken + 1
                claims[2 * taken - 1], claims[2 * taken] = now + ARGV[5], id
                tokens[2 * taken - 1], tokens[2 * taken] = id, ARGV[6]
                local at = #reply
                reply[at + 1], reply[at + 2] = id, envelope
                reply[at + 3] = tonumber(known[1] or '0')
                reply[at + 4] = known[2] and math.max(0, now - known[2]) or 0
                reply[at + 5] = tonumber(known[3] or '0')
              end
            end
            if d > 0 then redis.call('ZREM', KEYS[4], unpack(due, 1, d)) end
            if l > 0 then redis.call('LTRIM', KEYS[1], l, -1) end
            local following = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
            if following[2] then reply[1] = math.max(0, following[2] - now) end
            if taken > 0 then
              redis.call('ZADD', KEYS[2], unpack(claims))
              redis.call('HSET', KEYS[3], unpack(tokens))
              if probing then
                redis.call('HSET', KEYS[7], 'state', 'half-open', 'until', now + ARGV[8], 'probe', ARGV[7])
              end
            elseif l > 0 then
              -- All that was looked at stands behind others of its key; what follows may not.
              reply[1] = 0
            end
            return reply
            """#
    )
}

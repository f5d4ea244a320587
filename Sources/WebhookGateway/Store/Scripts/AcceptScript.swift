extension RedisScript {
    /// Takes in a loop turn's deliveries of one source: dedupe, index, ledger and push in one atomic step.
    ///
    /// KEYS: ledger · index of the source · dead list · q queues · n dedupe keys.
    /// ARGV: source · q · dedupe window in seconds · prefix of records · prefix of aliases (empty: none are made) ·
    /// most entries of a queue (0: no limit) · the writer's field in the ledger (empty: none) ·
    /// q queue names · then for each event: id, `e` (event) or `q` (quarantined), arrival in ms, its JSON.
    /// Answers one string an event: "" when it is new, `!` when a queue is full, else the id of the first delivery; then,
    /// for a writer with a field, how many new events it has stored by now, and how many of them in this call.
    ///
    /// The first delivery's own id under the dedupe key means "stored by me": a repeated call counts and pushes nothing.
    static let accept = RedisScript(
        name: "accept",
        source: queueTargetLua + #"""
            local source, q, window, prefix, aliases = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
            local most, writer = tonumber(ARGV[6]), ARGV[7]
            local n = #KEYS - 3 - q
            local answers, events, index, quarantined, duplicates = {}, {}, {}, {}, {}
            local known, refused, room = 0, 0, n
            -- Redis takes nothing back when a script fails in the middle: what could fail is looked at before anything is
            -- marked as seen.
            local function check(key, kind)
              local is = redis.call('TYPE', key).ok
              if is ~= 'none' and is ~= kind then return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. is .. ', not a ' .. kind) end
            end
            local wrong = check(KEYS[1], 'hash') or check(KEYS[2], 'zset') or check(KEYS[3], 'list')
            for i = 1, q do wrong = wrong or check(target(KEYS[3 + i]), 'list') end
            if wrong then return wrong end
            if most > 0 then
              for i = 1, q do room = math.min(room, most - redis.call('LLEN', target(KEYS[3 + i]))) end
            end
            -- Lua's unpack has a limit, and one delivery may hold thousands of events.
            local function call(command, key, list)
              for from = 1, #list, 4000 do
                redis.call(command, key, unpack(list, from, math.min(from + 3999, #list)))
              end
            end
            -- What was in the spool for long stands behind younger events in the queue: only its state tells the archive
            -- that it waits (`trimArchive`).
            local late = 0
            for i = 1, aliases ~= '' and q or 0 do
              if ARGV[7 + i] == 'events' then late = redis.call('TIME')[1] * 1000 - \#(ArchiveTrimmer.margin.milliseconds / 2) end
            end
            for i = 1, n do
              local at = q + 4 * i + 4
              local id = ARGV[at]
              if #events >= room and ARGV[at + 1] == 'e' and redis.call('EXISTS', KEYS[3 + q + i]) == 0 then
                refused = refused + 1
                redis.call('UNLINK', prefix .. id)
                answers[i] = '!'
              elseif redis.call('SET', KEYS[3 + q + i], id, 'NX', 'EX', window) then
                if ARGV[at + 1] == 'e' then
                  events[#events + 1] = ARGV[at + 3]
                  if late > 0 and tonumber(ARGV[at + 2]) < late then
                    redis.call('HSET', string.sub(prefix, 1, -7) .. 'state:' .. id, 'status', 'queued')
                  end
                else
                  quarantined[#quarantined + 1] = ARGV[at + 3]
                  redis.call('PERSIST', prefix .. id)
                end
                index[#index + 1] = ARGV[at + 2]
                index[#index + 1] = id
                answers[i] = ''
              else
                local first = redis.call('GET', KEYS[3 + q + i])
                if first == id then
                  known = known + 1
                  answers[i] = ''
                elseif aliases ~= '' and not redis.call('SET', aliases .. id, first, 'NX', 'EX', window) then
                  -- Said before, in a call whose answer was lost.
                  known = known + 1
                  answers[i] = first
                else
                  duplicates[#duplicates + 1] = prefix .. id
                  answers[i] = first
                end
              end
            end
            local accepted = n - known - refused
            if accepted > 0 then redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':accepted', accepted) end
            if #duplicates > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':duplicate', #duplicates)
              for _, record in ipairs(duplicates) do redis.call('UNLINK', record) end
            end
            call('ZADD', KEYS[2], index)
            if #events > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':queued', #events)
              for i = 1, q do
                call('RPUSH', target(KEYS[3 + i]), events)
                redis.call('HINCRBY', KEYS[1], 'queue:' .. ARGV[7 + i] .. ':entered', #events)
              end
            end
            if #quarantined > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':quarantined', #quarantined)
              -- They lie on the queue's dead list without having entered the queue.
              redis.call('HINCRBY', KEYS[1], 'queue:' .. (q > 0 and ARGV[8] or 'events') .. ':quarantined', #quarantined)
              call('RPUSH', KEYS[3], quarantined)
            end
            if writer ~= '' then
              local fresh = #events + #quarantined
              answers[n + 1] = redis.call('HINCRBY', KEYS[1], writer, fresh)
              answers[n + 2] = fresh
            end
            return answers
            """#
    )
}

extension RedisScript {
    /// Takes in a loop turn's deliveries of one source: dedupe, index, ledger and push in one atomic step.
    ///
    /// KEYS: ledger · index of the source · dead list · q queues · n dedupe keys.
    /// ARGV: source · q · dedupe window in seconds · prefix of records · prefix of aliases (empty: none are made) ·
    /// q queue names · then for each event: id, `e` (event) or `q` (quarantined), arrival in ms, its JSON.
    /// Answers one string an event: "" when it is new, else the id of the first delivery.
    ///
    /// The first delivery's own id under the dedupe key means "stored by me": a repeated call counts and pushes nothing.
    static let accept = RedisScript(
        name: "accept",
        source: queueTargetLua + #"""
            local source, q, window, prefix, aliases = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
            local n = #KEYS - 3 - q
            local answers, events, index, quarantined, duplicates = {}, {}, {}, {}, {}
            local known = 0
            -- Redis takes nothing back when a script fails in the middle: what could fail is looked at before anything is
            -- marked as seen.
            local function check(key, kind)
              local is = redis.call('TYPE', key).ok
              if is ~= 'none' and is ~= kind then return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. is .. ', not a ' .. kind) end
            end
            local wrong = check(KEYS[1], 'hash') or check(KEYS[2], 'zset') or check(KEYS[3], 'list')
            for i = 1, q do wrong = wrong or check(target(KEYS[3 + i]), 'list') end
            if wrong then return wrong end
            -- Lua's unpack has a limit, and one delivery may hold thousands of events.
            local function call(command, key, list)
              for from = 1, #list, 4000 do
                redis.call(command, key, unpack(list, from, math.min(from + 3999, #list)))
              end
            end
            for i = 1, n do
              local at = q + 4 * i + 2
              local id = ARGV[at]
              if redis.call('SET', KEYS[3 + q + i], id, 'NX', 'EX', window) then
                if ARGV[at + 1] == 'e' then
                  events[#events + 1] = ARGV[at + 3]
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
            if n > known then redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':accepted', n - known) end
            if #duplicates > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':duplicate', #duplicates)
              for _, record in ipairs(duplicates) do redis.call('UNLINK', record) end
            end
            call('ZADD', KEYS[2], index)
            if #events > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':queued', #events)
              for i = 1, q do
                call('RPUSH', target(KEYS[3 + i]), events)
                redis.call('HINCRBY', KEYS[1], 'queue:' .. ARGV[5 + i] .. ':entered', #events)
              end
            end
            if #quarantined > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':quarantined', #quarantined)
              -- They lie on the queue's dead list without having entered the queue.
              redis.call('HINCRBY', KEYS[1], 'queue:' .. (q > 0 and ARGV[6] or 'events') .. ':quarantined', #quarantined)
              call('RPUSH', KEYS[3], quarantined)
            end
            return answers
            """#
    )
}

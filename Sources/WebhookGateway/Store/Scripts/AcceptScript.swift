extension RedisScript {
    /// Takes in a loop turn's deliveries of one source: dedupe, index, ledger and push in one atomic step.
    ///
    /// KEYS: ledger · index of the source · dead list · q queues · n dedupe keys · for each of t tenants `rate`, `held`.
    /// ARGV: source · q · dedupe window in seconds · prefix of records · prefix of aliases (empty: none are made) ·
    /// most entries of a queue (0: no limit) · the writer's field in the ledger (empty: none) · t, how many tenants with a
    /// limit these events belong to · q queue names · for each event: id, `e` (event) or `q` (quarantined), arrival in ms,
    /// its JSON · for each of the t tenants: name, events a minute, `reject` or `queue`, most events held · where t > 0, for
    /// each event the number of its tenant among them (0: none).
    /// Answers one string an event: "" when it is new, `!` when a queue is full, `!<seconds> <tenant>` when it is past the
    /// tenant's limit, else the id of the first delivery; then, for a writer with a field, how many new events it has stored
    /// by now, and how many of them in this call.
    ///
    /// The first delivery's own id under the dedupe key means "stored by me": a repeated call counts and pushes nothing.
    ///
    /// An event past the limit of a tenant that holds back has entered its queues, and lies on the tenant's list until
    /// `tenantRelease` lets it go there; while it does, the events behind it join it.
    static let accept = RedisScript(
        name: "accept",
        source: queueTargetLua + #"""
            local source, q, window, prefix, aliases = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
            local most, writer, t = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
            local n = #KEYS - 3 - q - 2 * t
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
            for i = 1, t do
              wrong = wrong or check(KEYS[2 + q + n + 2 * i], 'string') or check(KEYS[3 + q + n + 2 * i], 'list')
            end
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
              if ARGV[8 + i] == 'events' then late = redis.call('TIME')[1] * 1000 - \#(ArchiveTrimmer.margin.milliseconds / 2) end
            end
            -- The tenants with a limit; each has a bucket that holds a minute's events, in µs.
            local tenants, minute, now, forwarder = nil, 60000000, 0, false
            if t > 0 then
              tenants = {}
              local time = redis.call('TIME')
              now = time[1] * 1000000 + time[2]
              for i = 1, q do forwarder = forwarder or ARGV[8 + i] == 'events' end
            end
            for i = 1, t do
              local at, key = 5 + q + 4 * n + 4 * i, 2 + q + n + 2 * i
              tenants[i] = {
                name = ARGV[at], interval = minute / tonumber(ARGV[at + 1]), holds = ARGV[at + 2] == 'queue',
                most = tonumber(ARGV[at + 3]), rate = KEYS[key], list = KEYS[key + 1], held = {}, refused = 0,
                full = math.max(now, tonumber(redis.call('GET', KEYS[key]) or '0')), waiting = redis.call('LLEN', KEYS[key + 1]),
              }
            end
            for i = 1, n do
              local at = q + 4 * i + 5
              local id = ARGV[at]
              local tenant = tenants and tenants[tonumber(ARGV[8 + q + 4 * n + 4 * t + i])]
              -- Where it is not past the limit, it is counted once it has proved new.
              local isPast = tenant and (ARGV[at + 1] == 'e' or not tenant.holds)
                and (tenant.waiting + #tenant.held > 0 or tenant.full - now + tenant.interval > minute + 1)
              if isPast and not (tenant.holds and tenant.waiting + #tenant.held < tenant.most)
                and redis.call('EXISTS', KEYS[3 + q + i]) == 0 then
                refused, tenant.refused = refused + 1, tenant.refused + 1
                redis.call('UNLINK', prefix .. id)
                local wait = tenant.full - now - minute + tenant.interval * (tenant.refused + tenant.waiting + #tenant.held)
                answers[i] = '!' .. math.max(1, math.min(3600, math.ceil(wait / 1000000))) .. ' ' .. tenant.name
              elseif #events >= room and ARGV[at + 1] == 'e' and redis.call('EXISTS', KEYS[3 + q + i]) == 0 then
                refused = refused + 1
                redis.call('UNLINK', prefix .. id)
                answers[i] = '!'
              elseif redis.call('SET', KEYS[3 + q + i], id, 'NX', 'EX', window) then
                if isPast then
                  tenant.held[#tenant.held + 1] = ARGV[at + 3]
                  -- Younger events overtake it: only this tells the archive that it waits.
                  if forwarder then redis.call('HSET', string.sub(prefix, 1, -7) .. 'state:' .. id, 'status', 'queued') end
                elseif ARGV[at + 1] == 'e' then
                  events[#events + 1] = ARGV[at + 3]
                  if late > 0 and tonumber(ARGV[at + 2]) < late then
                    redis.call('HSET', string.sub(prefix, 1, -7) .. 'state:' .. id, 'status', 'queued')
                  end
                else
                  quarantined[#quarantined + 1] = ARGV[at + 3]
                  redis.call('PERSIST', prefix .. id)
                end
                if tenant and not isPast and not (tenant.holds and ARGV[at + 1] == 'q') then
                  tenant.full = tenant.full + tenant.interval
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
            local queued, names = #events, t > 0 and table.concat(ARGV, ' ', 9, 8 + q)
            for i = 1, t do
              local tenant = tenants[i]
              local account = 'tenant:' .. tenant.name .. ':'
              if tenant.full > now then
                redis.call('SET', tenant.rate, string.format('%.0f', tenant.full), 'PX', math.ceil((tenant.full - now) / 1000))
              end
              if tenant.refused > 0 then redis.call('HINCRBY', KEYS[1], account .. 'refused', tenant.refused) end
              if #tenant.held > 0 then
                queued = queued + #tenant.held
                for k = 1, #tenant.held do tenant.held[k] = names .. '\n' .. tenant.held[k] end
                call('RPUSH', tenant.list, tenant.held)
                redis.call('SADD', string.sub(prefix, 1, -7) .. 'tenants:holding', tenant.name)
                redis.call('HINCRBY', KEYS[1], account .. 'held', #tenant.held)
                for k = 1, q do redis.call('HINCRBY', KEYS[1], 'queue:' .. ARGV[8 + k] .. ':held', #tenant.held) end
              end
            end
            if queued > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':queued', queued)
              for i = 1, q do
                call('RPUSH', target(KEYS[3 + i]), events)
                redis.call('HINCRBY', KEYS[1], 'queue:' .. ARGV[8 + i] .. ':entered', queued)
              end
            end
            if #quarantined > 0 then
              redis.call('HINCRBY', KEYS[1], 'source:' .. source .. ':quarantined', #quarantined)
              -- They lie on the queue's dead list without having entered the queue.
              redis.call('HINCRBY', KEYS[1], 'queue:' .. (q > 0 and ARGV[9] or 'events') .. ':quarantined', #quarantined)
              call('RPUSH', KEYS[3], quarantined)
            end
            if writer ~= '' then
              local fresh = queued + #quarantined
              answers[n + 1] = redis.call('HINCRBY', KEYS[1], writer, fresh)
              answers[n + 2] = fresh
            end
            return answers
            """#
    )
}

extension RedisScript {
    /// Looks at a page of one source's index, oldest first: forgets what has expired, and removes settled events while the
    /// archive is over its limits.
    ///
    /// KEYS: the source's index · the indexes of all sources.
    /// ARGV: prefix · how many entries to pass over · page · most events · most bytes (0: no limit) · bytes of an event on
    /// average, as far as known · 1: the source's events go to the forwarder · archive time in seconds · how long before the
    /// first event that waits one may have come and wait, too (ms) · whose events the source has (`*`: each record says it)
    /// · 1: only tenants that have too much lose events · for each of them three: name, events, bytes too much.
    /// Answers: entries looked at · removed · kept · bytes kept · owed among the kept · arrival of the next entry (ms), or
    /// -1 at the end · for each tenant that has events among them a list: name, removed, bytes removed, kept, bytes kept.
    ///
    /// An event is owed while its record does not expire (a lane, a dead list or the quarantine refers to it), while a lane
    /// or a replay has it before it, and while it waits for the forwarder: such an event's record is kept alive here,
    /// however long the forwarder takes. Limits are compared with what is there now, so that any number of processes may
    /// call this at once.
    ///
    /// An event without a state waits for the forwarder unless it came well before the first in the queue, paused or not, and
    /// the first that each consumer has in work: then somebody else has taken it, or it never went there. What joins the
    /// queue out of its turn has a state, `queued`. A first entry that is no event of ours, or any that is delayed, tells
    /// nothing, and nothing is given up meanwhile.
    static let trimArchive = RedisScript(
        name: "trimArchive",
        source: #"""
            local prefix, offset, page = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
            local mostEvents, mostBytes, each = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
            local archive = tonumber(ARGV[8])
            local total = 0
            for i = 2, #KEYS do total = total + redis.call('ZCARD', KEYS[i]) end
            local bytes = total * each
            local gone, removed, kept, size, owed = {}, 0, 0, 0, 0

            -- When the event of an entry came, in ms: what its id, a ULID, begins with.
            local function arrival(entry)
              local text, ms = string.match(entry, '"id":"(%w%w%w%w%w%w%w%w%w%w)%w+"'), 0
              for digit in string.gmatch(text or '', '.') do
                local value = string.find('0123456789ABCDEFGHJKMNPQRSTVWXYZ', digit, 1, true)
                if not value then return 0 end
                ms = ms * 32 + value - 1
              end
              return ms
            end

            local queue = prefix .. 'queue:events'
            local waiting, first = {queue, queue .. ':aside'}, redis.call('TIME')[1] * 1000
            for _, consumer in ipairs(redis.call('SMEMBERS', prefix .. 'consumers:events')) do
              waiting[#waiting + 1] = prefix .. 'work:events:' .. consumer
            end
            for _, list in ipairs(waiting) do
              local entry = redis.call('LINDEX', list, 0)
              if entry then first = math.min(first, arrival(entry)) end
            end
            if redis.call('EXISTS', prefix .. 'delayed:events') == 1 then first = 0 end
            first = first - tonumber(ARGV[9])

            local function owes(id, came, record, ttl)
              if ttl == -1 then return true end
              local key = prefix .. 'state:' .. id
              local state = redis.call('HMGET', key, 'pending', 'status', 'replay')
              if tonumber(state[1] or '0') <= 0 and state[2] ~= 'queued' and state[2] ~= 'forwarding'
                and (state[2] or ARGV[7] ~= '1' or came < first)
                and not (state[3] and redis.call('EXISTS', prefix .. 'replay:' .. state[3] .. ':items') == 1) then
                return false
              end
              if ttl < archive * 500 then
                redis.call('EXPIRE', record, archive)
                if redis.call('PTTL', key) >= 0 then redis.call('EXPIRE', key, archive) end
              end
              return true
            end

            local tenants, rows, tooMuch = {}, {}, {}
            for i = 12, #ARGV, 3 do tooMuch[ARGV[i]] = {tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])} end
            -- What is counted of the tenant whose event it is. The envelope, a record's second line, says that before anything
            -- in which the name could stand unescaped.
            local function row(record)
              local name = ARGV[10]
              if name == '*' then
                local text = redis.call('GETRANGE', record, 0, 8191)
                local line = string.find(text, '\n', 1, true)
                name = line and string.match(text, '"tenant":"([%w._-]+)"', line) or ''
              end
              if not tenants[name] then
                tenants[name] = {name, 0, 0, 0, 0}
                rows[#rows + 1] = tenants[name]
              end
              return tenants[name]
            end
            local function mayLose(counts)
              if ARGV[11] ~= '1' then return true, true end
              local most = tooMuch[counts[1]] or {0, 0}
              return counts[2] < most[1], counts[3] < most[2]
            end

            local members = redis.call('ZRANGE', KEYS[1], offset, offset + page - 1, 'WITHSCORES')
            for i = 1, #members, 2 do
              local id = members[i]
              local record = prefix .. 'event:' .. id
              local ttl = redis.call('PTTL', record)
              if ttl == -2 then
                gone[#gone + 1] = id
                total, bytes = total - 1, bytes - each
              else
                local length, isOwed = redis.call('STRLEN', record), owes(id, tonumber(members[i + 1]), record, ttl)
                local counts = row(record)
                local mayEvents, mayBytes = mayLose(counts)
                local isOver = mostEvents > 0 and total > mostEvents and mayEvents or mostBytes > 0 and bytes > mostBytes and mayBytes
                if isOver and not isOwed then
                  redis.call('UNLINK', record, prefix .. 'state:' .. id, prefix .. 'attempts:' .. id)
                  gone[#gone + 1] = id
                  total, bytes, removed = total - 1, bytes - length, removed + 1
                  counts[2], counts[3] = counts[2] + 1, counts[3] + length
                else
                  kept, size = kept + 1, size + length
                  counts[4], counts[5] = counts[4] + 1, counts[5] + length
                  if isOwed then owed = owed + 1 end
                end
              end
            end
            if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
            local following = redis.call('ZRANGE', KEYS[1], offset + kept, offset + kept, 'WITHSCORES')
            return {#members / 2, removed, kept, size, owed, following[2] and tonumber(following[2]) or -1, rows}
            """#
    )
}

extension RedisScript {
    /// Moves a consumer's work list to the lanes, if the consumer still holds exactly these entries; else does nothing.
    ///
    /// KEYS: work list · ledger · dead list of the queue · returns.
    /// ARGV: prefix · archive time in seconds · queue · l · l destination names · then for each entry three:
    /// - an event: its route (`<wanted>;<disabled>`, numbers of destinations joined by commas; `!<n>` behind it in the n-th
    ///   forced replay) · id · bytes;
    /// - not an event: `!` · the entry · what goes to the dead list instead.
    /// Answers 1 when it moved them, 0 when they are another's by now.
    ///
    /// An event that a lane still owes is not added to it again; one that lies dead there is taken up again.
    static let dispatch = RedisScript(
        name: "dispatch",
        source: eventStateLua + #"""
            local prefix, archive, queue, lanes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
            local first = 4 + lanes
            local n = (#ARGV - first) / 3
            local entries = redis.call('LRANGE', KEYS[1], 0, -1)
            if #entries ~= n then return 0 end
            for i = 1, n do
              local at = first + 3 * i - 2
              if ARGV[at] == '!' then
                if entries[i] ~= ARGV[at + 1] then return 0 end
              elseif #entries[i] ~= tonumber(ARGV[at + 2]) or not string.find(entries[i], ARGV[at + 1], 1, true) then
                return 0
              end
            end

            local routes, ids, entered, skipped, junk = {}, {}, {}, {}, {}
            for lane = 1, lanes do ids[lane], entered[lane], skipped[lane] = {}, 0, 0 end
            local function parsed(route)
              local known = routes[route]
              if known then return known end
              known = {wanted = {}, disabled = {}, fields = {}}
              local function add(number, list, word)
                list[#list + 1] = tonumber(number)
                known.fields[#known.fields + 1] = 'to:' .. ARGV[4 + number]
                known.fields[#known.fields + 1] = word
                if known.forced and word == 'waiting' then
                  known.fields[#known.fields + 1] = 'forced:' .. ARGV[4 + number]
                  known.fields[#known.fields + 1] = known.forced
                end
              end
              local wanted, disabled, forced = string.match(route, '^(.-);([^!]*)!?(%d*)$')
              if forced ~= '' then known.forced = forced end
              for number in string.gmatch(wanted, '%d+') do
                if redis.call('EXISTS', prefix .. 'lane:' .. ARGV[4 + number] .. ':disabled') == 1 then
                  add(number, known.disabled, 'skipped')
                else
                  add(number, known.wanted, 'waiting')
                end
              end
              for number in string.gmatch(disabled, '%d+') do add(number, known.disabled, 'skipped') end
              routes[route] = known
              return known
            end

            local function keep(id, entry)
              local record = prefix .. 'event:' .. id
              if redis.call('PERSIST', record) == 0 and redis.call('EXISTS', record) == 0 then
                -- Line ends within JSON are white space; in a record they separate its parts.
                redis.call('SET', record, '{}\n' .. string.gsub(entry, '[\r\n]', ' ') .. '\n')
              end
            end

            -- An event seen before (a replay, or pushed twice): only lanes that do not owe it get it.
            local function again(id, entry, route, state)
              keep(id, entry)
              redis.call('PERSIST', state)
              redis.call('PERSIST', prefix .. 'attempts:' .. id)
              for _, lane in ipairs(route.wanted) do
                local name = ARGV[4 + lane]
                local old = redis.call('HGET', state, 'to:' .. name)
                if old ~= 'waiting' and old ~= 'retrying' then
                  if old == 'dead' then
                    redis.call('ZREM', prefix .. 'lane:' .. name .. ':dead', id)
                  else
                    entered[lane] = entered[lane] + 1
                  end
                  redis.call('HDEL', state, 'attempts:' .. name, 'first:' .. name, 'forced:' .. name)
                  if route.forced then redis.call('HSET', state, 'forced:' .. name, route.forced) end
                  redis.call('HSET', state, 'to:' .. name, 'waiting', 'status', 'forwarding')
                  redis.call('HINCRBY', state, 'pending', 1)
                  local list = ids[lane]
                  list[#list + 1] = id
                end
              end
              for _, lane in ipairs(route.disabled) do
                skipped[lane] = skipped[lane] + 1
                redis.call('HSETNX', state, 'to:' .. ARGV[4 + lane], 'skipped')
              end
              if tonumber(redis.call('HGET', state, 'pending') or '0') <= 0 then close(prefix, id, archive) end
            end

            for i = 1, n do
              local at = first + 3 * i - 2
              if ARGV[at] == '!' then
                junk[#junk + 1] = ARGV[at + 2]
              else
                local route, id = parsed(ARGV[at]), ARGV[at + 1]
                local state = prefix .. 'state:' .. id
                if redis.call('EXISTS', state) == 1 then
                  again(id, entries[i], route, state)
                elseif #route.wanted == 0 then
                  redis.call('HSET', state, 'pending', 0, 'status', 'skipped', unpack(route.fields))
                  redis.call('EXPIRE', state, archive)
                  redis.call('EXPIRE', prefix .. 'event:' .. id, archive)
                  for _, lane in ipairs(route.disabled) do skipped[lane] = skipped[lane] + 1 end
                else
                  keep(id, entries[i])
                  redis.call('HSET', state, 'pending', #route.wanted, 'status', 'forwarding', unpack(route.fields))
                  for _, lane in ipairs(route.wanted) do
                    local list = ids[lane]
                    list[#list + 1] = id
                    entered[lane] = entered[lane] + 1
                  end
                  for _, lane in ipairs(route.disabled) do skipped[lane] = skipped[lane] + 1 end
                end
              end
            end

            for lane = 1, lanes do
              local name = ARGV[4 + lane]
              if #ids[lane] > 0 then redis.call('RPUSH', prefix .. 'lane:' .. name, unpack(ids[lane])) end
              if entered[lane] > 0 then redis.call('HINCRBY', KEYS[2], 'lane:' .. name .. ':entered', entered[lane]) end
              if skipped[lane] > 0 then redis.call('HINCRBY', KEYS[2], 'lane:' .. name .. ':skipped', skipped[lane]) end
            end
            if #junk > 0 then
              redis.call('RPUSH', KEYS[3], unpack(junk))
              -- The accept script never saw them; they enter the ledger here.
              redis.call('HINCRBY', KEYS[2], 'queue:' .. queue .. ':entered', #junk)
            end
            if n > #junk then redis.call('HINCRBY', KEYS[2], 'queue:' .. queue .. ':done', n - #junk) end
            if redis.call('EXISTS', KEYS[4]) == 1 then
              for i = 1, n do redis.call('HDEL', KEYS[4], redis.sha1hex(entries[i])) end
            end
            redis.call('LTRIM', KEYS[1], n, -1)
            return 1
            """#
    )
}

extension RedisScript {
    /// Lua that the scripts which settle events begin with: `close(prefix, id, archive, otherwise)`.
    ///
    /// It is called when no lane owes the event any more (`pending` is 0): it sets the event's status from what its
    /// lanes say (`otherwise`, or `skipped`, when they say nothing), and lets record, state and attempts expire unless a
    /// dead letter of a lane or of a queue (`held:<queue>`) still refers to them.
    static let eventStateLua = #"""
        local function close(prefix, id, archive, otherwise)
          local state = prefix .. 'state:' .. id
          local fields = redis.call('HGETALL', state)
          local delivered, dead, discarded, held = 0, 0, 0, false
          for i = 1, #fields, 2 do
            if string.sub(fields[i], 1, 3) == 'to:' then
              local value = fields[i + 1]
              if value == 'delivered' then delivered = delivered + 1
              elseif value == 'dead' then dead = dead + 1
              elseif value == 'discarded' then discarded = discarded + 1 end
            elseif string.sub(fields[i], 1, 5) == 'held:' then
              held = true
            end
          end
          local status = otherwise or 'skipped'
          if delivered > 0 and dead + discarded > 0 then status = 'partly'
          elseif delivered > 0 then status = 'delivered'
          elseif dead > 0 or held and discarded == 0 then status = 'dead'
          elseif discarded > 0 then status = 'discarded' end
          redis.call('HSET', state, 'pending', 0, 'status', status)
          if dead == 0 and not held then
            redis.call('EXPIRE', prefix .. 'event:' .. id, archive)
            redis.call('EXPIRE', state, archive)
            redis.call('EXPIRE', prefix .. 'attempts:' .. id, archive)
          end
        end

        """#
}

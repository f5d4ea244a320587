extension RedisScript {
    /// Lua that the scripts which settle events begin with: `close(prefix, id, archive)`.
    ///
    /// It is called when no lane owes the event any more (`pending` is 0): it sets the event's status from what its
    /// lanes say, and lets record, state and attempts expire unless a dead letter still refers to them.
    static let eventStateLua = #"""
        local function close(prefix, id, archive)
          local state = prefix .. 'state:' .. id
          local fields = redis.call('HGETALL', state)
          local delivered, dead, discarded = 0, 0, 0
          for i = 1, #fields, 2 do
            if string.sub(fields[i], 1, 3) == 'to:' then
              local value = fields[i + 1]
              if value == 'delivered' then delivered = delivered + 1
              elseif value == 'dead' then dead = dead + 1
              elseif value == 'discarded' then discarded = discarded + 1 end
            end
          end
          local status = 'skipped'
          if delivered > 0 and dead + discarded > 0 then status = 'partly'
          elseif delivered > 0 then status = 'delivered'
          elseif dead > 0 then status = 'dead'
          elseif discarded > 0 then status = 'discarded' end
          redis.call('HSET', state, 'pending', 0, 'status', status)
          if dead == 0 then
            redis.call('EXPIRE', prefix .. 'event:' .. id, archive)
            redis.call('EXPIRE', state, archive)
            redis.call('EXPIRE', prefix .. 'attempts:' .. id, archive)
          end
        end

        """#
}

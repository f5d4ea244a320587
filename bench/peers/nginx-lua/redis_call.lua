-- EVALSHA over a pooled cosocket: one write, one line read. Lighter than a general client, to the peer's advantage.
local tcp = ngx.socket.tcp
local call = {}
-- Used again and again: send() copies it before it yields.
local parts = {}

local function send(sock, name, sha, dedupe, queue, archive, event, body)
  local arguments = { name, sha, "3", dedupe, queue, archive, event, body }
  local n = 1
  parts[1] = "*10\r\n"
  for i = 1, 8 do
    local argument = arguments[i]
    parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4], parts[n + 5] = "$", #argument, "\r\n", argument, "\r\n"
    n = n + 5
  end
  parts[n + 1] = "$5\r\n86400\r\n$6\r\n604800\r\n"
  local ok, err = sock:send(parts)
  if not ok then return nil, err end
  local line
  line, err = sock:receive()
  if not line then return nil, err end
  local kind = line:byte(1)
  if kind == 58 then return tonumber(line:sub(2)) end
  return nil, line:sub(2)
end

function call.evalsha(port, script, sha, dedupe, queue, archive, event, body)
  local sock = tcp()
  sock:settimeout(5000)
  local ok, err = sock:connect("127.0.0.1", port, { pool_size = 256 })
  if not ok then return nil, err end
  local result
  result, err = send(sock, "EVALSHA", sha, dedupe, queue, archive, event, body)
  if not result and err and err:sub(1, 8) == "NOSCRIPT" then
    result, err = send(sock, "EVAL", script, dedupe, queue, archive, event, body)
  end
  if not result then
    sock:close()
    return nil, err
  end
  sock:setkeepalive(60000, 256)
  return result
end

return call

-- The job in nginx and LuaJIT: verify, parse, normalise, one EVALSHA over a kept connection.
local ffi, cjson, redis = require "ffi", require "cjson", require "redis_call"
ffi.cdef[[
typedef struct hmac_ctx_st HMAC_CTX; typedef struct evp_md_st EVP_MD;
HMAC_CTX *HMAC_CTX_new(void); const EVP_MD *EVP_sha256(void);
int HMAC_Init_ex(HMAC_CTX *ctx, const void *key, int len, const EVP_MD *md, void *impl);
int HMAC_Update(HMAC_CTX *ctx, const unsigned char *data, size_t len);
int HMAC_Final(HMAC_CTX *ctx, unsigned char *md, unsigned int *len);
int CRYPTO_memcmp(const void *a, const void *b, size_t n);
unsigned char *ngx_hex_dump(unsigned char *dst, unsigned char *src, size_t len);
]]
local C = ffi.C
local secret, tolerance = os.getenv("WEBHOOK_SECRET"), tonumber(os.getenv("WEBHOOK_TOLERANCE") or "300")
local redis_port = tonumber(os.getenv("REDIS_PORT"))
local file = assert(io.open(os.getenv("INGEST_LUA")))
local script = file:read("*a")
file:close()
local sha = (ngx.sha1_bin(script):gsub(".", function(c) return string.format("%02x", c:byte()) end))

-- Keyed once: restarting the context is what the gateway does, too.
local context = C.HMAC_CTX_new()
C.HMAC_Init_ex(context, secret, #secret, C.EVP_sha256(), nil)
local digest, digest_length = ffi.new("unsigned char[32]"), ffi.new("unsigned int[1]")
local hex = ffi.new("unsigned char[64]")

local function signature(a, b)
  C.HMAC_Init_ex(context, nil, 0, nil, nil)
  C.HMAC_Update(context, a, #a)
  C.HMAC_Update(context, b, #b)
  C.HMAC_Final(context, digest, digest_length)
  C.ngx_hex_dump(hex, digest, 32)
end

local function fail(code, message)
  ngx.status = code
  ngx.print('{"error":"', message, '"}')
end

local gateway = {}

function gateway.handle()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local header = ngx.var.http_stripe_signature
  if not body or not header then return fail(400, "missing") end
  local t, v1 = header:match("^t=(%d+),v1=(%x+)$")
  if not t or #v1 ~= 64 then return fail(400, "bad signature header") end
  local now = ngx.time()
  if math.abs(now - tonumber(t)) > tolerance then return fail(400, "stale") end
  signature(t .. ".", body)
  if C.CRYPTO_memcmp(hex, v1, 64) ~= 0 then return fail(401, "signature") end
  local ok, event = pcall(cjson.decode, body)
  if not ok or type(event.id) ~= "string" then return fail(400, "json") end
  local object, id = event.data.object, event.id
  local out = cjson.encode{
    id = id, source = "stripe", type = event.type, dedupe_key = "stripe:" .. id, received_at = now, attempt = 0,
    route = "default", archive = "wh:raw:stripe:" .. id, content_type = ngx.var.http_content_type,
    request_id = ngx.var.request_id,
    data = {
      event_id = id, api_version = event.api_version, created = event.created, livemode = event.livemode,
      payment_intent = object.id, amount = object.amount, currency = object.currency, customer = object.customer,
      status = object.status, order_id = object.metadata.order_id, email = object.receipt_email,
      description = object.description, charge = object.latest_charge,
    },
  }
  local result, err = redis.evalsha(
    redis_port, script, sha, "wh:d:stripe:" .. id, "wh:q:default", "wh:raw:stripe:" .. id, out, body)
  if not result then
    ngx.log(ngx.ERR, "redis: ", err)
    return fail(503, "redis")
  end
  ngx.header["Content-Length"] = 22
  if result == 1 then ngx.print('{"status":"accepted"} ') else ngx.print('{"status":"duplicate"}') end
end

return gateway

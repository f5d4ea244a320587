// The job in Node without a framework: http, crypto, and a small pipelining Redis client on one socket a process.
const cluster = require('cluster');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const net = require('net');

const { PORT, REDIS_PORT, WEBHOOK_SECRET, WEBHOOK_TOLERANCE = '300', INGEST_LUA, WORKERS = '1' } = process.env;
const CRLF = Buffer.from('\r\n');

/** Commands of one turn leave in one write; replies are integers, texts or errors, in order. */
class Redis {
  constructor(port) {
    this.waiting = [];
    this.out = [];
    this.input = '';
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (data) => this.receive(data.toString('latin1')));
  }

  receive(text) {
    this.input += text;
    for (let end; (end = this.input.indexOf('\r\n')) >= 0;) {
      const line = this.input.slice(0, end);
      if (line[0] === '$') {
        const length = +line.slice(1);
        if (this.input.length < end + 4 + length) return;
        this.input = this.input.slice(end + 4 + length);
        this.waiting.shift()(null, null);
      } else {
        this.input = this.input.slice(end + 2);
        const done = this.waiting.shift();
        if (line[0] === '-') done(line);
        else done(null, +line.slice(1));
      }
    }
  }

  call(args, done) {
    this.waiting.push(done);
    if (!this.out.length) {
      setImmediate(() => {
        const batch = Buffer.concat(this.out);
        this.out = [];
        this.socket.write(batch);
      });
    }
    this.out.push(Buffer.from(`*${args.length}\r\n`));
    for (const arg of args) {
      const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
      this.out.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
    }
  }
}

function serve() {
  const script = fs.readFileSync(INGEST_LUA);
  const sha = crypto.createHash('sha1').update(script).digest('hex');
  const redis = new Redis(+REDIS_PORT);
  redis.call(['SCRIPT', 'LOAD', script], () => {});
  const key = crypto.createSecretKey(Buffer.from(WEBHOOK_SECRET));
  const tolerance = +WEBHOOK_TOLERANCE;

  const answer = (response, code, text) => {
    response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': text.length });
    response.end(text);
  };

  const accept = (request, response, body) => {
    const match = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['stripe-signature'] || '');
    if (!match || Math.abs(Date.now() / 1000 - +match[1]) > tolerance) {
      return answer(response, 400, '{"error":"signature"}');
    }
    const mac = crypto.createHmac('sha256', key).update(match[1] + '.').update(body).digest();
    if (!crypto.timingSafeEqual(mac, Buffer.from(match[2], 'hex'))) {
      return answer(response, 401, '{"error":"signature"}');
    }
    let event;
    try {
      event = JSON.parse(body.toString());
    } catch {
      return answer(response, 400, '{"error":"json"}');
    }
    const item = event.data.object;
    const id = event.id;
    const out = JSON.stringify({
      id, source: 'stripe', type: event.type, dedupe_key: 'stripe:' + id, received_at: Math.floor(Date.now() / 1000),
      attempt: 0, route: 'default', archive: 'wh:raw:stripe:' + id, content_type: request.headers['content-type'],
      request_id: crypto.randomUUID(),
      data: {
        event_id: id, api_version: event.api_version, created: event.created, livemode: event.livemode,
        payment_intent: item.id, amount: item.amount, currency: item.currency, customer: item.customer,
        status: item.status, order_id: item.metadata.order_id, email: item.receipt_email,
        description: item.description, charge: item.latest_charge,
      },
    });
    const keys = ['wh:d:stripe:' + id, 'wh:q:default', 'wh:raw:stripe:' + id];
    redis.call(['EVALSHA', sha, 3, ...keys, out, body, 86400, 604800], (error, stored) => {
      if (error) return answer(response, 503, '{"error":"redis"}');
      answer(response, 200, stored === 1 ? '{"status":"accepted"} ' : '{"status":"duplicate"}');
    });
  };

  const server = http.createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/webhooks/stripe') return answer(response, 404, '{}');
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => accept(request, response, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  });
  server.keepAliveTimeout = 3600e3;
  server.listen(+PORT, '127.0.0.1', 4096);
}

if (+WORKERS > 1 && cluster.isPrimary) {
  for (let i = 0; i < +WORKERS; i++) cluster.fork();
} else {
  serve();
}

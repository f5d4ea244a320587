"""The admin API over an archive of many events: pages, searches, and a replay that is killed on its way.

Goals: with 500,000 events archived an event's id, the provider's, a source and a time are answered in under 100 ms; any
other filter says within 100 ms what it has found so far; a dry run of a replay of 100,000 events counts exactly, in under
2 s; and the replay itself, interrupted by kill -9, sends each event once.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.parse

from . import machine
from .processes import Failure, Process
from .redis import Redis

START = 1_795_250_460_000
SOURCES = ["stripe", "square", "shopify", "github", "mailgun"]
ROUNDS = 20
RATE = 10_000


def identifier(number):
    return f"01BENCH{number:019d}"


def moment(milliseconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds / 1000)) + f".{milliseconds % 1000:03d}Z"


def record(number):
    """An event as the accept script archives it: metadata, envelope, raw body of 1.5 KB."""
    source = SOURCES[number % len(SOURCES)]
    event = json.dumps({
        "specversion": "1.0", "id": identifier(number), "source": f"/webhooks/{source}",
        "type": "payment.succeeded" if number % 100 else "refund.created", "time": "2026-11-21T08:41:00Z",
        "subject": f"pi_{number}", "datacontenttype": "application/json",
        "tenant": "rare" if number == 7 else "default", "provider": source, "providertype": "payment_intent.succeeded",
        "providerid": f"evt_{number}", "receivedat": moment(START + number),
        "data": {"customer": {"id": f"cus_{number}", "email": f"c{number}@example.com"}, "livemode": True},
    }, separators=(",", ":"))
    metadata = f'{{"source":"{source}","provider":"{source}","request":"01R{number:023d}","headers":[]}}'
    return f"{metadata}\n{event}\n" + json.dumps({"id": f"evt_{number}", "padding": "x" * 1500})


def archive(redis, count):
    for start in range(0, count, 500):
        numbers = range(start, min(start + 500, count))
        redis.call("MSET", *[part for number in numbers
                             for part in (f"wh:{{0}}:event:{identifier(number)}", record(number))])
        redis.call("MSET", *[part for number in numbers for part in (
            f"wh:{{0}}:dedupe:{SOURCES[number % len(SOURCES)]}:evt_{number}", identifier(number))])
        for index, source in enumerate(SOURCES):
            scores = [part for number in numbers if number % len(SOURCES) == index
                      for part in (START + number, identifier(number))]
            redis.call("ZADD", f"wh:{{0}}:index:{source}", *scores)
        # What has been delivered says so; one in a thousand has died.
        redis.call("EVAL", """for i = 2, #ARGV do redis.call('HSET', ARGV[1] .. ARGV[i], 'pending', 0, 'to:crm', 'delivered',
            'status', string.sub(ARGV[i], -3) == '000' and 'dead' or 'delivered') end""", 0, "wh:{0}:state:",
                   *map(identifier, numbers))
    for index, source in enumerate(SOURCES):
        redis.call("HSET", "wh:{0}:ledger", f"source:{source}:accepted", count // len(SOURCES),
                   f"source:{source}:queued", count // len(SOURCES))


class Gateway:
    """The admin role on that Redis; it can be killed and started again."""

    def __init__(self, binary, directory, redis):
        self._binary, self._directory = binary, directory
        self.port = machine.free_port()
        self._configuration = directory / "gateway.json5"
        self._configuration.write_text(json.dumps({
            "admin": {"host": "127.0.0.1", "port": self.port}, "log": {"level": "error"},
            "redis": {"url": f"redis://127.0.0.1:{redis.port}/0"}, "dataDirectory": str(directory / "data"),
            # The trimmer shall find nothing to do.
            "archive": {"maxEvents": 0, "maxBytes": 0},
            "sources": {name: {"provider": "stripe", "secrets": ["whsec_bench"], "queues": ["events", "there"]}
                        for name in SOURCES},
            "destinations": {"crm": {"type": "console"}},
        }))
        self.start()
        made = subprocess.run([binary, "token", "create", "--role", "operator", "--config", self._configuration],
                              capture_output=True, text=True, check=False)
        if made.returncode:
            raise Failure(f"no token: {made.stderr}")
        self._token = made.stdout.split()[0]

    def start(self):
        self._process = Process([str(self._binary), "serve", "--config", str(self._configuration), "--roles", "admin"],
                                self._directory / "gateway.log")
        self._process.await_port(self.port)

    def kill(self):
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.end()

    def end(self):
        self._process.end()

    def ask(self, method, path, body=None):
        """The answer as Python has it, and how many seconds it took over a connection that stood already."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.connect()
        try:
            headers = {"Authorization": f"Bearer {self._token}"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            start = time.monotonic()
            connection.request(method, f"/api/v1/{path}", json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            took = time.monotonic() - start
            if answer.status >= 300:
                raise Failure(f"{method} {path}: {answer.status} {text.decode()}")
            return json.loads(text), took
        finally:
            connection.close()


def searches(gateway, count):
    """Name, worst and median seconds, and what was found in the last answer."""
    middle = START + count // 2
    queries = {
        "newest page": {},
        "event id": {"q": identifier(count // 3)},
        "provider id": {"q": f"evt_{count // 3}"},
        "source": {"source": "square"},
        "time": {"from": moment(middle), "to": moment(middle + 1000)},
        "source and time, 500": {"source": "github", "from": moment(middle), "limit": 500},
        "type (one in 100)": {"type": "refund.*"},
        "status (one in 1000)": {"status": "dead"},
        "tenant (one in all)": {"tenant": "rare"},
        "destination": {"destination": "crm", "status": "discarded"},
        "text (nowhere)": {"q": "there is no such text"},
    }
    for name, query in queries.items():
        path = "events?" + urllib.parse.urlencode(query)
        taken = []
        for _ in range(ROUNDS):
            answer, seconds = gateway.ask("GET", path)
            taken.append(seconds)
        yield name, max(taken), statistics.median(taken), answer


def pages(gateway, query):
    """Goes through a search to its end: all that it finds, and how many pages that took."""
    found, count, cursor = [], 0, None
    while True:
        answer, _ = gateway.ask("GET", "events?" + urllib.parse.urlencode({**query, **({"cursor": cursor} if cursor else {})}))
        found += [item["id"] for item in answer["items"]]
        count += 1
        cursor = answer["next"]
        if cursor is None:
            return found, count


def replayed(gateway, redis, count):
    """A replay of so many events to a queue that nobody consumes, killed twice: the job at its end, seconds, doubled."""
    order = {"filter": {"from": moment(START), "to": moment(START + count - 1)}, "queue": "there", "rate": RATE}
    plan, dry_seconds = gateway.ask("POST", "replays", {**order, "dryRun": True})
    before = redis.call("LLEN", "wh:{0}:queue:there")
    start = time.monotonic()
    job, _ = gateway.ask("POST", "replays", order)
    for share in (count // 4, count // 2):
        while redis.call("LLEN", "wh:{0}:queue:there") - before < share:
            if time.monotonic() > start + 300:
                raise Failure("the replay does not get on")
            time.sleep(0.02)
        gateway.kill()
        gateway.start()
    while (job := gateway.ask("GET", f"replays/{job['id']}")[0])["state"] != "done":
        if time.monotonic() > start + 300:
            raise Failure(f"the replay does not end: {job}")
        time.sleep(0.1)
    seconds = time.monotonic() - start
    sent = [json.loads(entry)["id"] for entry in redis.call("LRANGE", "wh:{0}:queue:there", before, -1)]
    return plan, dry_seconds, job, seconds, len(sent) - len(set(sent)), count - len(set(sent))


def report(binary, scale):
    """Prints the figures; true when all goals are met."""
    met = True

    def row(what, figure, goal, is_met):
        nonlocal met
        met = met and is_met
        print(f"{what:52} {figure:>36}   goal {goal:20} {'met' if is_met else 'NOT MET'}", flush=True)

    count, many = 500_000 // scale, 100_000 // scale
    directory = pathlib.Path(tempfile.mkdtemp(prefix="gateway-bench-"))
    redis = Redis(directory / "redis")
    gateway = None
    try:
        archive(redis, count)
        gateway = Gateway(binary, directory, redis)
        gateway.ask("GET", "events")
        for name, worst, median, answer in searches(gateway, count):
            shown = f"{worst * 1000:.0f} ms at worst, {median * 1000:.0f} median"
            row(f"{name}: {len(answer['items'])} found", shown, "100 ms", worst < 0.1)
        found, needed = pages(gateway, {"type": "refund.*", "limit": 500})
        row(f"all pages of a type, {needed} requests", f"{len(found):,} found", f"{count // 100:,}",
            len(found) == len(set(found)) == count // 100)
        plan, dry, job, seconds, doubled, lost = replayed(gateway, redis, many)
        # The raw bytes that Redis holds, as it counts them itself.
        size = redis.call("EVAL", """local sum = 0 for i = 0, ARGV[1] - 1 do
            sum = sum + redis.call('STRLEN', string.format('wh:{0}:event:01BENCH%019d', i)) end return sum""", 0, many)
        row(f"dry run of a replay of {many:,}", f"{dry:.2f} s", "2 s", dry < 2)
        exact = (plan["events"], plan["oldest"], plan["newest"]) == (many, moment(START), moment(START + many - 1))
        row("its count, oldest and newest", f"{plan['events']:,}", "exact", exact)
        # Each replayed event has a mark more now.
        grown = size - plan["bytes"]
        row("its bytes", f"{plan['bytes']:,}", "exact", grown == many * len(',"replay":"01JB2QK9Z8X4YV7WTN3M5R6P1D"'))
        row(f"the replay, {RATE:,} a second asked, killed twice", f"{many / seconds:,.0f} a second", "it ends",
            job["state"] == "done" and job["done"] == many and job["failed"] == 0)
        row("events lost; doubled", f"{lost}; {doubled}", "0; 0", (lost, doubled) == (0, 0))
    finally:
        if gateway:
            gateway.end()
        redis.end()
        shutil.rmtree(directory, ignore_errors=True)
    return met

"""What the forwarder does with a queue that is full: destinations on loopback that are not the bottleneck.

Goals: batches carry at least 20,000 events a second and single requests at least 5,000, for each second of the
gateway's CPU; a million events that wait cost it less than 100 MB; and of four destinations the healthy one is not held
up by those that fail, are slow or break connections.
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import pathlib

from . import machine
from .processes import Failure, Process
from .redis import Redis

LEDGER = "wh:{0}:ledger"
SECRET = "whsec_" + base64.b64encode(b"a secret of the benchmark, 32 b.").decode()


class Receiver:
    """A destination: bench/load/receiver.c."""

    def __init__(self, tools, *options):
        self._process = subprocess.Popen([tools / "receiver", *map(str, options)], stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())

    def end(self):
        self._process.terminate()
        return json.loads(self._process.communicate(timeout=10)[0])


def webhook(receiver, **more):
    return {"type": "webhook", "url": f"http://127.0.0.1:{receiver.port}/in", "credentials": {"secret": SECRET},
            "allowPrivateAddresses": True, "concurrency": 64, **more}


def batches(receiver, **more):
    return {"type": "rudderstack", "baseURL": f"http://127.0.0.1:{receiver.port}", "credentials": {"writeKey": "key"},
            "allowPrivateAddresses": True, **more}


def event(number):
    return json.dumps({
        "specversion": "1.0", "id": f"01BENCH{number:019d}", "source": "/webhooks/stripe", "type": "payment.succeeded",
        "time": "2026-11-21T08:41:00Z", "subject": f"pi_{number}", "datacontenttype": "application/json",
        "tenant": "default", "provider": "stripe", "providertype": "payment_intent.succeeded",
        "providerid": f"evt_{number}", "receivedat": "2026-11-21T08:41:00.123Z",
        "data": {
            "customer": {"id": f"cus_{number}", "email": f"c{number}@example.com", "name": "Ada Example"},
            "amount": {"minor": 1999, "currency": "USD", "decimal": "19.99"}, "order": {"id": f"order_{number}"},
            "livemode": True,
        },
    }, separators=(",", ":"))


def fill(redis, count):
    """Puts events on the queue as the accept script leaves them: record, queue, ledger."""
    for start in range(0, count, 500):
        entries = [event(number) for number in range(start, min(start + 500, count))]
        redis.call("MSET", *[part for number, entry in enumerate(entries, start)
                             for part in (f"wh:{{0}}:event:01BENCH{number:019d}", f"{{}}\n{entry}\n")])
        redis.call("RPUSH", "wh:{0}:queue:events", *entries)
    redis.call("HSET", LEDGER, "queue:events:entered", count)


class Run:
    """A gateway with these destinations on a Redis of its own, its queue filled beforehand."""

    def __init__(self, binary, destinations, count):
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="gateway-bench-"))
        self._process = None
        self.redis = Redis(self._directory / "redis")
        try:
            fill(self.redis, count)
            self._start(binary, destinations)
        except BaseException:
            self.end()
            raise

    def _start(self, binary, destinations):
        configuration = self._directory / "gateway.json5"
        configuration.write_text(json.dumps({
            "admin": {"host": "127.0.0.1", "port": 0}, "redis": {"url": f"redis://127.0.0.1:{self.redis.port}/0"},
            "dataDirectory": str(self._directory / "data"), "log": {"level": "error"}, "sources": {},
            "destinations": destinations,
        }))
        self.started = time.monotonic()
        self._process = Process([str(binary), "serve", "--config", str(configuration), "--roles", "forward,admin"],
                                self._directory / "gateway.log")

    def done(self, name):
        return int(self.redis.call("HGET", LEDGER, f"lane:{name}:done") or 0)

    def queued(self):
        return self.redis.call("LLEN", "wh:{0}:queue:events")

    def wait(self, condition, seconds=600):
        """Seconds from the start until the condition holds."""
        while not condition():
            if time.monotonic() > self.started + seconds:
                raise Failure(f"the forwarder did not get there within {seconds} s: {self._process.last_words()}")
            time.sleep(0.02)
        return time.monotonic() - self.started

    def cpu_seconds(self):
        return sum(machine.cpu_seconds(self._process.pids))

    def resident_bytes(self):
        return machine.resident_bytes(self._process.pids)

    def unaccounted(self, name):
        """What the books of a lane are short of."""
        def term(word):
            return int(self.redis.call("HGET", LEDGER, f"lane:{name}:{word}") or 0)
        lane = f"wh:{{0}}:lane:{name}"
        there = self.redis.call("LLEN", lane) + sum(
            self.redis.call("ZCARD", f"{lane}:{part}") for part in ("inflight", "delayed", "dead", "parked"))
        return term("entered") - term("done") - term("discarded") - there

    def end(self):
        if self._process:
            self._process.end()
        self.redis.end()
        shutil.rmtree(self._directory, ignore_errors=True)


def throughput(binary, tools, make, count):
    """Events a second, and events for each second of the gateway's CPU."""
    receiver = Receiver(tools)
    try:
        run = Run(binary, {"there": make(receiver)}, count)
        try:
            seconds = run.wait(lambda: run.done("there") == count)
            return count / seconds, count / run.cpu_seconds()
        finally:
            run.end()
    finally:
        receiver.end()


def memory(binary, tools, count):
    """Resident bytes of the gateway while that many events wait."""
    receiver = Receiver(tools, "-d", 60_000)
    try:
        run = Run(binary, {"slow": webhook(receiver, concurrency=16)}, count)
        try:
            run.wait(lambda: run.queued() == 0)
            time.sleep(2)
            return run.resident_bytes()
        finally:
            run.end()
    finally:
        receiver.end()


def company(binary, tools, count):
    """A healthy destination alone and beside three bad ones; what came of all."""
    def receivers():
        return {"healthy": Receiver(tools), "failing": Receiver(tools, "-s", 500), "slow": Receiver(tools, "-d", 2000),
                "breaking": Receiver(tools, "-r", 20)}

    def measure(names):
        there = receivers()
        retry = {"baseSeconds": 1, "maxSeconds": 1}
        run = Run(binary, {name: webhook(there[name], retry=retry, concurrency=512 if name == "slow" else 16)
                           for name in names}, count)
        try:
            seconds = run.wait(lambda: run.done("healthy") == count)
            slow = run.done("slow")
            if "breaking" in names:
                run.wait(lambda: run.done("breaking") == count)
            lost = {name: run.unaccounted(name) for name in names}
        finally:
            run.end()
            told = {name: receiver.end() for name, receiver in there.items()}
        return seconds, slow, lost, told

    alone, _, _, _ = measure(["healthy"])
    together, slow, lost, told = measure(["healthy", "failing", "slow", "breaking"])
    return {"alone": alone, "together": together, "slow": slow, "lost": lost, "told": told}


def report(binary, tools, scale):
    """Prints the figures; true when all goals are met."""
    met = True

    def row(what, figure, goal, is_met):
        nonlocal met
        met = met and is_met
        print(f"{what:58} {figure:>22}   goal {goal:24} {'met' if is_met else 'NOT MET'}", flush=True)

    for name, make, count, goal in (("batches (rudderstack)", batches, 400_000, 20_000), ("webhook", webhook, 100_000, 5_000)):
        a_second, a_cpu_second = throughput(binary, tools, make, count // scale)
        row(f"{name}: events a second of CPU ({a_second:,.0f} a second)", f"{a_cpu_second:,.0f}", f"{goal:,}",
            a_cpu_second >= goal)
    count = 1_000_000 // scale
    resident = memory(binary, tools, count)
    row(f"memory while {count:,} events wait", f"{resident / 1e6:.0f} MB", "100 MB", resident < 100e6)
    count = 100_000 // scale
    figures = company(binary, tools, count)
    row(f"{count:,} events, healthy beside failing, slow, breaking", f"{figures['together'] / figures['alone']:.2f} x alone",
        "2", figures["together"] <= 2 * figures["alone"])
    row("the slow one when the healthy one is done", f"{figures['slow'] / count:.0%}", "under half", figures["slow"] < count / 2)
    lost = sum(map(abs, figures["lost"].values()))
    row("events lost", str(lost), "0", lost == 0)
    doubled = sum(told["doubled"] for name, told in figures["told"].items() if name != "failing")
    row("events doubled without a reset after acceptance", str(doubled), "0", doubled == 0)
    return met

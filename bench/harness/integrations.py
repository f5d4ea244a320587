"""Thousands of managed integrations: how soon a change is in force in every process, what a start takes, what a look-up
costs, and what becomes of deliveries meanwhile.

Goals: with 10,000 integrations in 1,000 tenants a change is in force in all processes in under 1 s, a process starts in
under 2 s, a webhook costs no more CPU than with four, and deliveries notice nothing of changes.
"""

import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import tempfile
import threading
import time

from . import callgrind, instructions, load, machine, requests, servers
from .forwarding import Receiver
from .processes import Failure, Process
from .redis import Redis
from .trial import trial

TENANTS, PER_TENANT = 1000, 10
CHANGES = 40
ROUNDS = 3
# Of deliveries whose latency is measured.
RATE, SECONDS = 500, 8
TOLERANCE = 1.02


class Caller:
    """One connection to a port of a process; made anew when the process was."""

    def __init__(self, port, token=None):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, body=None):
        """Status and text of the answer."""
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()

    def change(self, method, path, body=None):
        status, text = self.ask(method, f"/api/v1/{path}", body)
        if status >= 300:
            raise Failure(f"{method} {path}: {status} {text}")
        return json.loads(text)

    def end(self):
        self._connection.close()


class Member:
    """One process of the installation."""

    def __init__(self, installation, name, roles):
        self._directory = installation.directory / name
        self._directory.mkdir()
        self._roles, self._environment = roles, installation.environment
        self._binary = str(installation.binary)
        self.port, self.admin_port = machine.free_port(), machine.free_port()
        self.configuration = self._directory / "gateway.json5"
        self.configuration.write_text(json.dumps({
            "listen": {"host": "127.0.0.1", "port": self.port, "workers": 1, "accessLog": "none"},
            "admin": {"host": "127.0.0.1", "port": self.admin_port},
            "redis": {"url": f"redis://127.0.0.1:{installation.redis.port}/0"},
            "vault": {"key": "env:BENCH_VAULT_KEY"}, "dataDirectory": str(self._directory / "data"),
            "log": {"level": "warning", "format": "json"}, "sources": {}, "destinations": {},
        }))

    def start(self, known=None):
        """Seconds from its beginning until it answers deliveries, and knows the source `known` where one is given."""
        began = time.monotonic()
        self.process = Process(
            [self._binary, "serve", "--config", str(self.configuration), "--roles", self._roles],
            self._directory / "log", self._environment)
        while True:
            try:
                status = status_of(self.port, known or "none")
                if status == (401 if known else 404):
                    return time.monotonic() - began
            except OSError:
                pass
            if time.monotonic() > began + 60:
                raise Failure(f"it does not start: {self.process.last_words()}")
            time.sleep(0.005)

    def cpu_seconds(self):
        return sum(machine.cpu_seconds(self.process.pids))

    def resident_mb(self):
        return machine.resident_bytes(self.process.pids) / 1e6

    def end(self):
        if not self.process.end():
            raise Failure("a gateway had to be killed: it did not stop on SIGTERM")


def status_of(port, source):
    """What a delivery without a signature is answered: 401 where there is the source, 404 where there is none."""
    caller = Caller(port)
    try:
        return caller.ask("POST", f"/webhooks/{source}", {})[0]
    finally:
        caller.end()


class Installation:
    """Redis, a process for people, one for destinations, and one that only takes deliveries, as they all do."""

    def __init__(self, binary, receiver):
        self.binary, self._receiver = binary, receiver
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gateway-bench-"))
        self.environment = {"BENCH_VAULT_KEY": base64.b64encode(os.urandom(32)).decode()}
        self.redis = Redis(self.directory / "redis")
        self.people = Member(self, "people", "ingest,admin")
        self.others = Member(self, "others", "ingest,forward")
        # Takes the deliveries that are measured, and does nothing else.
        self.door = Member(self, "door", "ingest")
        self.members = [self.people, self.others, self.door]
        for member in self.members:
            member.start()
        made = subprocess.run(
            [binary, "token", "create", "--role", "admin", "--config", self.people.configuration],
            capture_output=True, text=True, check=False, env={**os.environ, **self.environment})
        if made.returncode:
            raise Failure(f"no token: {made.stderr}")
        self._token = made.stdout.split()[0]

    def caller(self):
        return Caller(self.people.admin_port, self._token)

    def source(self, key, tenant="default"):
        return {"kind": "source", "type": "stripe", "key": key, "name": key, "tenant": tenant,
                "settings": {"toleranceSeconds": requests.TOLERANCE_SECONDS},
                "credentials": {"secret": requests.STRIPE_SECRET}}

    def destination(self, key, tenant="default"):
        return {"kind": "destination", "type": "webhook", "key": key, "name": key, "tenant": tenant,
                # What is delivered here is none of its business: the forwarder shall not be what is measured.
                "delivery": {"allowPrivateAddresses": True}, "filter": {"types": ["order.*"]},
                "credentials": {"url": f"http://127.0.0.1:{self._receiver.port}/in",
                                "secret": "whsec_" + base64.b64encode(b"a secret of the benchmark, 32 b.").decode()}}

    def add(self, entries):
        """Adds integrations over eight connections; returns how long that took."""
        began = time.monotonic()

        def some(part):
            caller = self.caller()
            for entry in part:
                caller.change("POST", "integrations", entry)
            caller.end()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(some, entries[start::8]) for start in range(8)]:
                done.result()
        return time.monotonic() - began

    def await_everywhere(self, source, status):
        """Seconds until every process answers a delivery to the source so."""
        began = time.monotonic()
        for member in self.members:
            while status_of(member.port, source) != status:
                if time.monotonic() > began + 30:
                    raise Failure(f"a change is not in force after 30 s: {member.process.last_words()}")
                time.sleep(0.001)
        return time.monotonic() - began

    def restart(self, known):
        """Seconds that each process takes until it knows a source."""
        seconds = []
        for member in self.members:
            member.end()
            seconds.append(member.start(known))
        return seconds

    def end(self):
        for member in self.members:
            member.process.end()
        self.redis.end()
        shutil.rmtree(self.directory, ignore_errors=True)


def addressed(file, names, directory):
    """The requests of a file, each to the next of some sources."""
    data, target = file.read_bytes(), directory / "requests"
    with target.open("wb") as output:
        place = number = 0
        while place < len(data):
            (length,) = struct.unpack_from("<I", data, place)
            request = data[place + 4:place + 4 + length]
            request = request.replace(b"/webhooks/stripe ", f"/webhooks/{names[number % len(names)]} ".encode(), 1)
            output.write(struct.pack("<I", len(request)) + request)
            place, number = place + 4 + length, number + 1
    return target


def changes(installation):
    """How long changes of each kind take until they are in force in every process, in seconds."""
    caller, taken = installation.caller(), {"added": [], "disabled": [], "enabled": [], "removed": []}
    for number in range(CHANGES):
        key = f"changing-{number}"
        for kind, method, path, body, status in (
            ("added", "POST", "integrations", installation.source(key), 401),
            ("disabled", "POST", f"integrations/sources.{key}/disable", None, 404),
            ("enabled", "POST", f"integrations/sources.{key}/enable", None, 401),
            ("removed", "DELETE", f"integrations/sources.{key}?name={key}", None, 404),
        ):
            caller.change(method, path, body)
            taken[kind].append(installation.await_everywhere(key, status))
    caller.end()
    return taken


def cost(installation, generator, count):
    """CPU of a webhook at one process in µs: the median of some rounds."""
    member, taken = installation.door, []
    for _ in range(ROUNDS):
        before = member.cpu_seconds()
        figures = generator.run(connections=64, requests=count, seconds=60)
        taken.append((member.cpu_seconds() - before) * 1e6 / figures["requests"])
        if figures["ok"] != figures["requests"]:
            raise Failure(f"only {figures['ok']} of {figures['requests']} deliveries were accepted")
    return statistics.median(taken)


def latencies(installation, generator, names, changes_a_second):
    """p50, p99 and the longest wait of a delivery in µs at a fixed rate, while integrations are changed."""
    caller, stop, made = installation.caller(), threading.Event(), [0]

    def change():
        while not stop.wait(1 / changes_a_second):
            caller.change("PATCH", f"integrations/sources.{names[made[0] % len(names)]}",
                          {"description": f"the change of number {made[0]}"})
            made[0] += 1

    thread = threading.Thread(target=change)
    if changes_a_second:
        thread.start()
    try:
        figures = generator.run(connections=16, seconds=SECONDS, rate=RATE)
    finally:
        stop.set()
        if changes_a_second:
            thread.join()
        caller.end()
    return {**{key: figures[key] for key in ("p50_us", "p99_us", "p999_us", "requests", "ok")}, "changes": made[0]}


def idle(installation, seconds=10):
    """What the installation does when nothing happens: commands a second, CPU of a core by process."""
    def counters():
        text = installation.redis.call("INFO", "stats").decode()
        commands = int(next(line for line in text.splitlines() if line.startswith("total_commands_processed")).split(":")[1])
        return [commands, installation.redis.cpu_seconds(), *[member.cpu_seconds() for member in installation.members]]

    end = time.monotonic() + 60
    while installation.redis.call("LLEN", "wh:{0}:queue:events") and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(3)
    before = counters()
    time.sleep(seconds)
    growth = [(after - earlier) / seconds for earlier, after in zip(before, counters())]
    return dict(zip(("commands", "redis", "people", "others", "door"), growth))


def counted(tools, binary, sources):
    """Instructions of one webhook with so many sources in the configuration, outside libcrypto."""
    file = requests.prepared("stripe", instructions.LONG, tools)
    profiles = []
    with tempfile.TemporaryDirectory(prefix="webhook-bench.") as directory:
        for count in (instructions.SHORT, instructions.LONG):
            output = pathlib.Path(directory) / f"callgrind.{count}"
            server = servers.Gateway(
                binary, "none", prefix=callgrind.prefix(output), environment={"SWIFT_DETERMINISTIC_HASHING": "1"},
                # A process counted so is slow: what the role admin does now and then would be counted a hundred times.
                more_sources=sources - 4, roles="ingest")
            with trial(tools, server, file, "stripe", patience=240) as run:
                run.load.run(connections=instructions.CONNECTIONS, requests=count, seconds=240, in_step_with=run.pid)
            profiles.append(callgrind.Profile.read(output))
    return profiles[1].per_request(profiles[0], instructions.LONG - instructions.SHORT).total(outside="libcrypto")


def report(binary, tools, scale, path):
    """Prints the figures; true when all goals are met."""
    met, figures = True, {}

    def row(what, figure, goal, is_met=True):
        nonlocal met
        met = met and is_met
        print(f"{what:62} {figure:>34}   goal {goal:16} {'met' if is_met else 'NOT MET'}", flush=True)

    tenants = TENANTS // scale
    total = tenants * PER_TENANT
    names = [f"t{tenant}-shop-{number}" for tenant in range(tenants) for number in range(PER_TENANT // 2)]
    requests_a_round = 8_000
    file = requests.prepared("stripe", requests_a_round * ROUNDS + 2 * RATE * SECONDS, tools)
    receiver = Receiver(tools)
    installation = Installation(binary, receiver)
    try:
        few = [f"few-{number}" for number in range(4)]
        installation.add([installation.source(name) for name in few])
        installation.await_everywhere(few[-1], 401)
        quiet_before = idle(installation, 5)
        memory_before = [member.resident_mb() for member in installation.members]
        generator = load.LoadGenerator(
            tools, addressed(file, few, installation.directory), installation.door.port)
        cost_few = cost(installation, generator, requests_a_round)
        seconds = installation.add([
            entry for tenant in range(tenants) for number in range(PER_TENANT // 2) for entry in (
                installation.source(f"t{tenant}-shop-{number}", f"tenant-{tenant}"),
                installation.destination(f"t{tenant}-crm-{number}", f"tenant-{tenant}"))])
        installation.await_everywhere(names[-1], 401)
        figures["added a second"] = total / seconds
        row(f"{total:,} integrations in {tenants:,} tenants, added by API", f"{total / seconds:,.0f} a second", "-")
        starts = installation.restart(names[-1])
        figures["start"] = starts
        row("start, until the last source answers: admin; forward; ingest", "; ".join(f"{value:.2f} s" for value in starts),
            "2 s", max(starts) < 2)
        for kind, taken in changes(installation).items():
            figures[kind] = taken
            row(f"a source is {kind}: in force in all three processes",
                f"{statistics.median(taken) * 1000:.0f} ms median, {max(taken) * 1000:.0f} at worst", "1 s",
                max(taken) < 1)
        generator = load.LoadGenerator(
            tools, addressed(file, names[:4], installation.directory), installation.door.port)
        cost_same = cost(installation, generator, requests_a_round)
        generator = load.LoadGenerator(
            tools, addressed(file, names, installation.directory), installation.door.port)
        cost_many = cost(installation, generator, requests_a_round)
        figures["cpu"] = [cost_few, cost_same, cost_many]
        row("CPU of a webhook to 4 sources of 4; of all; to all in turn",
            f"{cost_few:.1f}; {cost_same:.1f}; {cost_many:.1f} µs", "-")
        calm = latencies(installation, generator, names, 0)
        busy = latencies(installation, generator, names, 20)
        figures["latency"] = {"calm": calm, "changing": busy}
        row(f"deliveries, {RATE} a second: p50, p99", f"{calm['p50_us']:,.0f}, {calm['p99_us']:,.0f} µs", "-")
        row(f"while {busy['changes']} integrations change: p50, p99, refused",
            f"{busy['p50_us']:,.0f}, {busy['p99_us']:,.0f} µs, {busy['requests'] - busy['ok']}", "no pause",
            busy["requests"] == busy["ok"] and busy["p99_us"] < max(10_000, 3 * calm["p99_us"]))
        quiet = idle(installation)
        figures["idle"] = {"few": quiet_before, "many": quiet}
        for heading, values in (("4", quiet_before), (f"{total:,}", quiet)):
            row(f"idle with {heading}: commands a second; cores Redis, admin, forward",
                f"{values['commands']:,.0f}; {values['redis']:.3f}, {values['people']:.3f}, {values['others']:.3f}", "-")
        memory = [member.resident_mb() for member in installation.members]
        figures["memory"] = {"few": memory_before, "many": memory}
        row("resident memory with 4 and all: admin; forward; ingest",
            "; ".join(f"{few:.0f}, {many:.0f}" for few, many in zip(memory_before, memory)) + " MB", "-")
    finally:
        installation.end()
        receiver.end()
    if callgrind.missing():
        print(f"skipped: instructions a webhook (valgrind is not installed: {callgrind.missing()})")
    else:
        four, many = counted(tools, binary, 4), counted(tools, binary, total)
        figures["instructions"] = [four, many]
        row(f"instructions of a webhook, 4 and {total:,} sources", f"{four:,.0f} and {many:,.0f}", "the same",
            many < four * TOLERANCE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine.description(), "integrations": total, **figures}, indent=1) + "\n")
    print(f"all figures: {path}")
    return met

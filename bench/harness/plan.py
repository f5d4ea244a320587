"""What one round measures: scenarios, one after the other, so that rounds interleave all servers (A B C A B C)."""

import dataclasses
import functools
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time

from . import crowds, requests, servers
from .load import run_baseline
from .processes import Failure, Skipped
from .redis import Redis
from .trial import trial


@dataclasses.dataclass
class Plan:
    """How much of everything; `quick` is a look, not a measurement."""

    rounds: int = 5
    saturation_requests: int = 100_000
    saturation_seconds: float = 5
    rates: tuple = (500, 5000)
    rate_seconds: float = 3
    single_seconds: float = 2
    idle_connections: int = 10_000
    crowd_idle: int = 20_000
    crowd_rate: int = 5000
    crowd_slow: int = 2000
    crowd_seconds: float = 8
    stripe_requests: int = 170_000
    other_requests: int = 50_000
    variants: bool = True

    @classmethod
    def quick(cls):
        return cls(rounds=1, saturation_requests=30_000, saturation_seconds=1.5, rates=(5000,), rate_seconds=1.5,
                   single_seconds=0.7, stripe_requests=70_000, other_requests=20_000, variants=False,
                   crowd_seconds=4)


class Scenarios:
    """The measurements by name; each returns its figures."""

    def __init__(self, plan, tools, gateway, peers):
        self._plan = plan
        self._tools = tools
        self._gateway = gateway
        self._peers = peers

    def all(self):
        """Name and function of each, in the order of a round."""
        everything = functools.partial(self._job, latencies=True, memory=True)
        listed = [("gateway", lambda: everything(self._gateway))]
        for peer in self._peers:
            listed.append((peer.name, functools.partial(everything, peer)))
        listed += [
            ("baseline", lambda: self._baseline(64)),
            ("baseline, 1 connection", lambda: self._baseline(1)),
            ("gateway, 2 workers", lambda: self._job(self._gateway, workers=2)),
        ]
        for peer in self._peers:
            if self._plan.variants or peer.name == servers.Nginx.name:
                listed.append((f"{peer.name}, 2 workers", functools.partial(self._job, peer, workers=2)))
        listed += [
            ("gateway, fsync always", lambda: self._job(self._gateway, fsync="always")),
            ("gateway, TLS", self._tls),
            ("gateway, access log", lambda: self._job(servers.Gateway(self._gateway.binary, access_log="all"))),
        ]
        for provider in ("square", "quickbooks", "mailchimp"):
            listed.append((f"gateway, {provider}", functools.partial(self._provider, provider)))
        return listed + crowds.listed(self._plan, self._tools, self._gateway.binary, self._file("stripe"))

    def _file(self, provider):
        count = self._plan.stripe_requests if provider == "stripe" else self._plan.other_requests
        return requests.prepared(provider, count, self._tools)

    def _saturation(self):
        return {"requests": self._plan.saturation_requests, "seconds": self._plan.saturation_seconds}

    def _job(self, server, workers=1, fsync=None, latencies=False, memory=False):
        """The job at saturation; with `latencies` also at fixed rates and on one connection."""
        plan = self._plan
        with trial(self._tools, server, self._file("stripe"), workers=workers, fsync=fsync) as run:
            idle = run.settled_mb() if memory else None
            run.load.run(requests=5000, seconds=plan.saturation_seconds)
            figures = run.saturate(**self._saturation())
            if idle:
                figures["idle_mb"] = idle
            if latencies:
                for rate in plan.rates:
                    # Near saturation a latency says how long the queue is, and no more.
                    if rate <= 0.8 * figures["rps"]:
                        paced = run.saturate(rate=rate, seconds=plan.rate_seconds)
                        figures[f"at_{rate}"] = {key: paced[key] for key in ("rps", "p50_us", "p99_us", "cpu_us")}
                figures["single"] = run.saturate(connections=1, seconds=plan.single_seconds)
            if memory:
                held = run.load.hold_idle(plan.idle_connections)
                try:
                    time.sleep(1)
                    figures["idle_connections"] = held.answered
                    figures["idle_connections_mb"] = run.resident_mb()
                finally:
                    held.release()
            run.check_queue()
            return figures

    def _provider(self, provider):
        with trial(self._tools, self._gateway, self._file(provider), provider) as run:
            run.load.run(requests=2000, seconds=2)
            figures = run.saturate(requests=self._plan.other_requests - 2000, seconds=self._plan.saturation_seconds)
            run.check_queue()
            return figures

    def _tls(self):
        with tempfile.TemporaryDirectory(prefix="webhook-bench.") as directory:
            certificate = make_certificate(pathlib.Path(directory))
            server = servers.Gateway(self._gateway.binary, certificate=certificate)
            with trial(self._tools, server, self._file("stripe"), tls=True) as run:
                if not speaks_tls(run.port):
                    raise Skipped("this build does not speak TLS on its port")
                run.load.run(requests=5000, seconds=self._plan.saturation_seconds)
                figures = run.saturate(**self._saturation())
                run.check_queue()
                return figures

    def _baseline(self, depth):
        """The three-write script without any gateway: what Redis itself needs."""
        count = min(self._plan.saturation_requests if depth > 1 else 20_000, self._plan.stripe_requests)
        with tempfile.TemporaryDirectory(prefix="webhook-bench.") as directory:
            redis = Redis(pathlib.Path(directory))
            try:
                before = redis.cpu_seconds()
                figures = run_baseline(self._tools, self._file("stripe"), redis, depth, count)
                if figures["ok"] != redis.call("LLEN", "wh:q:default"):
                    raise Failure("baseline: the queue does not hold what was stored")
                return {"rps": figures["rps"], "redis_us": (redis.cpu_seconds() - before) * 1e6 / figures["requests"]}
            finally:
                redis.end()


def make_certificate(directory):
    path = directory / "certificate.pem"
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", path, "-out", directory / "only.pem"], capture_output=True, text=True)
    if done.returncode:
        raise Skipped(f"openssl cannot make a certificate: {done.stderr.strip()[-200:]}")
    with open(path, "a", encoding="ascii") as file:
        file.write((directory / "only.pem").read_text())
    return path


def speaks_tls(port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False

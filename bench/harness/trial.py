"""One server for a moment: a fresh Redis, the server, load, and the proof that every 2xx is in the queue once."""

import contextlib
import pathlib
import shutil
import tempfile
import time

from . import machine, requests
from .load import LoadGenerator
from .processes import Failure
from .redis import Redis


class Trial:
    """A server that runs, and what can be asked of it."""

    def __init__(self, server, port, redis, process, load, events):
        self.port = port
        self.load = load
        self._server = server
        self._redis = redis
        self._process = process
        self._events = events

    @property
    def pid(self):
        return self._process.pid

    def saturate(self, **limits):
        """Runs a load and tells what everybody's CPU did meanwhile, in µs a request."""
        pids = self._process.pids
        busy, stolen = machine.busy_seconds()
        user, system = machine.cpu_seconds(pids)
        redis = self._redis.cpu_seconds()
        started = time.monotonic()
        figures = self.load.run(**limits)
        seconds = time.monotonic() - started
        user_after, system_after = machine.cpu_seconds(pids)
        redis_used = self._redis.cpu_seconds() - redis
        busy_after, stolen_after = machine.busy_seconds()
        count = figures["requests"]
        used = user_after - user + system_after - system
        client = figures["client_cpu_us"] * count / 1e6
        return {
            **{key: figures[key] for key in ("rps", "requests", "refused", "failed", "p50_us", "p99_us", "p999_us")},
            "cpu_us": used * 1e6 / count, "user_us": (user_after - user) * 1e6 / count,
            "system_us": (system_after - system) * 1e6 / count, "redis_us": redis_used * 1e6 / count,
            "client_us": figures["client_cpu_us"],
            # Cores that others used meanwhile: above 0.2, trust ratios within a round and no absolute figure.
            "others_cores": max(0.0, (busy_after - busy - used - redis_used - client) / seconds),
            "stolen_cores": (stolen_after - stolen) / seconds,
        }

    def resident_mb(self):
        return machine.resident_bytes(self._process.pids) / 1e6

    def settled_mb(self):
        """Resident memory once the start is over."""
        time.sleep(0.5)
        return self.resident_mb()

    def check_queue(self):
        """Every 2xx must be in the queue, and nothing else."""
        length = self._redis.call("LLEN", self._server.queue)
        expected = self.load.accepted * self._events
        if length != expected:
            raise Failure(f"{self._server.name}: the queue holds {length} events, but {expected} were acknowledged")


@contextlib.contextmanager
def trial(tools, server, file, provider="stripe", workers=1, fsync=None, tls=False, patience=30):
    """Starts Redis and a server, and ends both whatever happens."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="webhook-bench."))
    redis = process = None
    try:
        redis = Redis(directory / "redis", fsync)
        port, process = server.start(redis, workers, directory)
        process.await_port(port, patience)
        server.await_ready(patience)
        load = LoadGenerator(tools, file, port, tls)
        yield Trial(server, port, redis, process, load, requests.EVENTS[provider])
    finally:
        try:
            # Peers may need a kill; the product must stop when told.
            if process and not process.end() and server.must_stop:
                raise Failure(f"{server.name} had to be killed: it did not stop on SIGTERM")
        finally:
            if redis:
                redis.end()
            shutil.rmtree(directory, ignore_errors=True)

"""All that takes part: Redis, a gateway, two forwarders, two workers, a provider, a receiver, and the links between."""

import json
import os
import subprocess
import sys

from load import SECRET, Provider
from processes import Disk, Process, free_port
from proxy import Link
from receiver import Receiver
from resp import Redis, RedisError

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE = "fixtures/webhooks/stripe/payment_intent.succeeded/request.http"
FORWARDERS = WORKERS = 2


class World:
    def __init__(self, program, directory, seed, redis_server):
        self.program = program
        self.directory = directory
        self.seed = seed
        self.redis_server = redis_server
        self.socket = f"{directory}/redis.sock"
        self.port = free_port()
        self.receiver = Receiver()
        self.processes = {}
        self.links = {}
        self.disk = Disk(f"{directory}/gateway-data")

    async def start(self):
        await self.receiver.start()
        for name, target in [
            ("provider-gateway", self.port), ("gateway-redis", self.socket), ("worker-redis", self.socket),
            ("forwarder-redis", self.socket), ("forwarder-receiver", self.receiver.port),
        ]:
            self.links[name] = Link(name, target)
            await self.links[name].start()
        self._add("redis", self._redis_words(), self._redis_answers)
        gateway = ["serve", "--roles", "ingest", "--config", self._configure("gateway", self._url("gateway-redis"))]
        self._add("gateway", [self.program, *gateway], has_started)
        for number in range(1, FORWARDERS + 1):
            file = self._configure(f"forwarder-{number}", self._url("forwarder-redis"))
            self._add(f"forwarder-{number}", [self.program, "serve", "--roles", "forward", "--config", file], has_started)
        for number in range(1, WORKERS + 1):
            words = [sys.executable, f"{HERE}/worker.py", str(self.links["worker-redis"].port), self.done_file(number)]
            self._add(f"worker-{number}", words)
        for process in self.processes.values():
            process.start()
            await process.ready()
        self.provider = Provider(self.links["provider-gateway"].port, f"{HERE}/../{FIXTURE}", self.seed)

    async def close(self):
        for process in reversed(list(self.processes.values())):
            if process.is_alive():
                process.resume()
                process.child.kill()
                process.child.wait()
        for link in self.links.values():
            await link.close()
        await self.receiver.close()
        self.disk.close()

    def redis(self):
        """A connection of the test's own, past the links."""
        return Redis(self.socket)

    def running(self, kind):
        """The names of the processes of a kind (`forwarder`: `forwarder-1`, …)."""
        return [name for name in self.processes if name.split("-")[0] == kind]

    def done_file(self, number):
        return f"{self.directory}/worker-{number}.done"

    def worker_records(self):
        """(event id, Unix nanoseconds) of everything the workers say they have done."""
        for number in range(1, WORKERS + 1):
            if os.path.exists(self.done_file(number)):
                with open(self.done_file(number)) as file:
                    yield from ((line.split()[0], int(line.split()[1])) for line in file)

    def file_records(self):
        """(provider's key, event id) of every whole line that the destination `log` has written."""
        for number in range(1, FORWARDERS + 1):
            path = f"{self.directory}/forwarder-{number}.jsonl"
            if os.path.exists(path):
                with open(path, "rb") as file:
                    for line in file:
                        try:
                            event = json.loads(line)
                            yield event["providerid"], event["id"]
                        except ValueError:
                            pass  # half a line of a forwarder that was killed while it wrote; the event comes again

    def _add(self, name, words, is_ready=None):
        self.processes[name] = Process(name, words, self.directory, is_ready)

    def _url(self, link):
        return f"redis://127.0.0.1:{self.links[link].port}"

    def audit(self):
        """Runs `webhook-gateway audit`, past the links, for the gateway's spool and the store."""
        config = self._configure("gateway", f"unix://{self.socket}")
        words = [self.program, "audit", "--json", "--config", config]
        return subprocess.run(words, capture_output=True, text=True)

    def _redis_words(self):
        return [
            self.redis_server, "--port", "0", "--unixsocket", self.socket, "--dir", self.directory,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile", "",
        ]

    def _redis_answers(self, process):
        try:
            connection = self.redis()
            connection("PING")
            connection.close()
            return True
        except (OSError, RedisError):
            return False

    def _configure(self, name, redis):
        """Writes a configuration that reaches Redis at this URL; JSON is JSON5, too."""
        forwarding = {"allowPrivateAddresses": True, "timeoutSeconds": 5, "concurrency": 4,
                      "retry": {"maxAgeSeconds": 3600, "baseSeconds": 1, "maxSeconds": 2},
                      "circuit": {"failures": 10, "openSeconds": 2}}
        content = {
            "listen": {"host": "127.0.0.1", "port": self.port, "workers": 2, "failuresPerAddressPerMinute": 1000000},
            "dataDirectory": f"{self.directory}/{name}-data",
            "redis": {"url": redis, "commandDeadlineMilliseconds": 1000,
                      "connectDeadlineMilliseconds": 1000},
            "spool": {"maxBytes": (1 << 30) if self.disk.is_small else (4 << 20), "segmentBytes": 1 << 20},
            "queues": {"leaseCheckSeconds": 1, "maxReturns": 1000},
            "drainSeconds": 10,
            "sources": {"stripe": {"provider": "stripe", "secrets": [SECRET], "queues": ["events", "jobs"]}},
            "destinations": {
                "crm": {"type": "webhook", "url": f"http://127.0.0.1:{self.links['forwarder-receiver'].port}/in",
                        "credentials": {"secret": "whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdC0x"}, **forwarding},
                "log": {"type": "file", "settings": {"path": f"{self.directory}/{name}.jsonl"}, **forwarding},
            },
        }
        path = f"{self.directory}/{name}.json5"
        with open(path, "w") as file:
            json.dump(content, file, indent=1)
        os.chmod(path, 0o600)
        return path


def has_started(process):
    return '"gateway started"' in process.log_text()

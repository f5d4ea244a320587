"""The servers under test: our gateway and the peers that do the same job, each as what it takes to start it."""

import json
import os
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from . import machine, requests
from .processes import Failure, Process
from .redis import INGEST_SCRIPT

BENCH = pathlib.Path(__file__).resolve().parent.parent
PEERS = BENCH / "peers"


class Gateway:
    """The product, with the ingest role only: what the forwarder does with the queue is another matter."""

    name = "webhook-gateway"
    queue = "wh:{0}:queue:events"
    must_stop = True

    def __init__(self, binary, access_log="none", certificate=None, prefix=(), environment=None, listen=None,
                 more_sources=0, roles="ingest,admin"):
        self.binary = binary
        self._roles = roles
        self._more_sources = more_sources
        self._listen = listen or {}
        self._access_log = access_log
        self._certificate = certificate
        self._prefix = list(prefix)
        self._environment = environment
        self._admin_port = None

    def _configuration(self, port, redis, workers, directory):
        listen = {"host": "127.0.0.1", "port": port, "workers": workers, "accessLog": self._access_log,
                  **self._listen}
        if self._certificate:
            listen["tls"] = {"certificate": str(self._certificate), "key": str(self._certificate)}
        common = {"toleranceSeconds": requests.TOLERANCE_SECONDS}
        return {
            "listen": listen,
            "admin": {"host": "127.0.0.1", "port": self._admin_port},
            "redis": {"url": f"redis://127.0.0.1:{redis.port}/0"},
            "dataDirectory": str(directory / "data"),
            "log": {"level": "info", "format": "json"},
            "sources": {
                "stripe": {"provider": "stripe", "secrets": [requests.STRIPE_SECRET], **common},
                "square": {
                    "provider": "square", "secrets": [requests.SQUARE_KEY], "notificationURL": requests.SQUARE_URL,
                },
                "quickbooks": {"provider": "quickbooks", "secrets": [requests.QUICKBOOKS_TOKEN]},
                "mailchimp": {
                    "provider": "mailchimp", "secrets": [requests.MAILCHIMP_SECRET],
                    "allowedAddresses": ["127.0.0.0/8"],
                },
                **{f"more-{number}": {"provider": "stripe", "secrets": [f"whsec_{number:032}"]}
                   for number in range(self._more_sources)},
            },
            "destinations": {},
        }

    def start(self, redis, workers, directory):
        port = self._port = machine.free_port()
        self._admin_port = machine.free_port()
        path = directory / "gateway.json5"
        path.write_text(json.dumps(self._configuration(port, redis, workers, directory), indent=2))
        process = Process(
            [*self._prefix, str(self.binary), "serve", "--config", str(path), "--roles", self._roles],
            directory / "server.log", self._environment)
        return port, process

    def await_ready(self, seconds):
        """Returns when /readyz says that deliveries can be accepted; without the role admin, when any is answered."""
        end = time.monotonic() + seconds
        has_admin = "admin" in self._roles
        url = f"http://127.0.0.1:{self._admin_port}/readyz" if has_admin else f"http://127.0.0.1:{self._port}/"
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return
            except urllib.error.HTTPError as answer:
                if not has_admin and answer.code == 404:
                    return
                time.sleep(0.05)
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise Failure(f"{self.name}: /readyz did not turn 200 within {seconds} s")


class Peer:
    """A server of another kind: same job, same script, told of everything by its environment."""

    queue = "wh:q:default"
    must_stop = False

    def await_ready(self, seconds):
        """A peer is ready when it listens."""

    def environment(self, port, redis, workers):
        return {
            "PORT": str(port), "REDIS_PORT": str(redis.port), "WEBHOOK_SECRET": requests.STRIPE_SECRET,
            "WEBHOOK_TOLERANCE": str(requests.TOLERANCE_SECONDS), "INGEST_LUA": str(INGEST_SCRIPT),
            "WORKERS": str(workers),
        }

    def start(self, redis, workers, directory):
        redis.load_ingest_script()
        port = machine.free_port()
        command = self.command(port, workers, directory)
        return port, Process(command, directory / "server.log", self.environment(port, redis, workers))


class Nginx(Peer):
    name = "nginx+Lua"
    modules = pathlib.Path("/usr/lib/nginx/modules")

    @property
    def missing(self):
        if shutil.which("nginx") and (self.modules / "ngx_http_lua_module.so").exists():
            return None
        return "apt-get install nginx-light libnginx-mod-http-lua lua-resty-core lua-cjson"

    def command(self, port, workers, directory):
        home = PEERS / "nginx-lua"
        text = (home / "nginx.conf.in").read_text()
        for name, value in {"WORKERS": workers, "DIRECTORY": directory, "HOME": home, "PORT": port}.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = directory / "nginx.conf"
        configuration.write_text(text)
        user = "user root; " if os.geteuid() == 0 else ""
        return ["nginx", "-p", str(directory), "-c", str(configuration), "-g", f"daemon off; {user}"]


class FastAPI(Peer):
    name = "FastAPI"

    def __init__(self, environment):
        self.python = environment / "bin" / "python"

    @property
    def missing(self):
        if self.python.exists():
            found = subprocess.run([self.python, "-c", "import fastapi, uvicorn, uvloop, httptools, redis, stripe"],
                                   capture_output=True)
            if found.returncode == 0:
                return None
        return "scripts/bench --install"

    def command(self, port, workers, directory):
        return [
            str(self.python), "-m", "uvicorn", "app:app", "--app-dir", str(PEERS / "fastapi"), "--host", "127.0.0.1",
            "--port", str(port), "--workers", str(workers), "--loop", "uvloop", "--http", "httptools",
            "--no-access-log", "--log-level", "warning", "--backlog", "4096", "--timeout-keep-alive", "3600",
        ]


class Node(Peer):
    name = "Node"

    @property
    def missing(self):
        return None if shutil.which("node") else "install Node.js"

    def command(self, port, workers, directory):
        return ["node", str(PEERS / "node" / "server.js")]


class Hummingbird(Peer):
    """Built on demand, since its packages take minutes to compile."""

    name = "Hummingbird"

    def __init__(self, build):
        self.build_directory = build
        self.binary = build / "release" / "hummingbird-peer"

    @property
    def missing(self):
        return None if self.binary.exists() else "scripts/bench --with hummingbird builds it (minutes)"

    def build(self):
        print("building the Hummingbird peer (this takes minutes) ...", flush=True)
        subprocess.run(
            ["swift", "build", "-c", "release", "--package-path", PEERS / "hummingbird-server", "--scratch-path",
             self.build_directory], check=True, timeout=3600)

    def environment(self, port, redis, workers):
        return {**super().environment(port, redis, workers), "NIO_SINGLETON_GROUP_LOOP_COUNT": str(workers)}

    def command(self, port, workers, directory):
        return [str(self.binary)]


def build_product(repository):
    """Builds the gateway as a release and returns the executable."""
    print("building webhook-gateway (swift build -c release) ...", flush=True)
    built = subprocess.run(["swift", "build", "-c", "release", "--product", "webhook-gateway"], cwd=repository,
                           capture_output=True, text=True, timeout=3600)
    if built.returncode:
        raise Failure(f"swift build failed:\n{built.stdout}{built.stderr}")
    return repository / ".build" / "release" / "webhook-gateway"

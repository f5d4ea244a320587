"""A private redis-server on loopback, in a directory of its own."""

import pathlib
import shutil
import socket

from . import machine
from .processes import Failure, Process

INGEST_SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "ingest.lua"


class Redis:
    """One server; `fsync` is None (nothing is written to disk), "everysec" or "always"."""

    def __init__(self, directory, fsync=None):
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if not program:
            raise Failure("redis-server is not installed (apt-get install redis-server)")
        self.port = machine.free_port()
        directory.mkdir(parents=True, exist_ok=True)
        persistence = ["--appendonly", "yes", "--appendfsync", fsync] if fsync else ["--appendonly", "no"]
        self.process = Process(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(directory), "--save", "",
             "--daemonize", "no", "--auto-aof-rewrite-percentage", "0", *persistence],
            directory / "redis.log")
        try:
            self.process.await_port(self.port, 10)
            self._connection = socket.create_connection(("127.0.0.1", self.port), 10)
            self._stream = self._connection.makefile("rb")
        except BaseException:
            self.process.end()
            raise

    def call(self, *arguments):
        """One command, its reply as Python has it."""
        parts = [argument if isinstance(argument, bytes) else str(argument).encode() for argument in arguments]
        self._connection.sendall(
            b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self._reply()

    def _reply(self):
        line = self._stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Failure(f"Redis: {rest.decode()}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self._stream.read(length + 2)[:-2]
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest.decode()

    def cpu_seconds(self):
        return sum(machine.cpu_seconds(self.process.pids))

    def load_ingest_script(self):
        """Loads the three-write script that the peers run; returns its SHA."""
        return self.call("SCRIPT", "LOAD", INGEST_SCRIPT.read_bytes()).decode()

    def end(self):
        self._stream.close()
        self._connection.close()
        self.process.end()

"""The load generator and the baseline driver: built from bench/load, run with a limit on their time."""

import json
import pathlib
import select
import subprocess
import sys

from .processes import Failure

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "load"


def build(directory):
    """Compiles what is newer than its program."""
    for name, libraries in (("loadgen", ["-lssl", "-lcrypto"]), ("baseline", []), ("receiver", []), ("crowd", [])):
        source, program = SOURCES / f"{name}.c", directory / name
        if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
            continue
        built = subprocess.run(
            ["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", program, source, *libraries],
            capture_output=True, text=True)
        if built.returncode:
            raise Failure(f"cc cannot build {source} (libssl-dev is needed):\n{built.stderr}")


class LoadGenerator:
    """Sends one file's requests, each once: every call goes on where the last one ended."""

    def __init__(self, directory, file, port, tls=False):
        self._command = [str(directory / "loadgen"), "-f", str(file), "-p", str(port), *(["-t"] if tls else [])]
        self._sent = 0
        self.accepted = 0

    def run(self, connections=64, requests=None, seconds=10, rate=0, in_step_with=None):
        """A closed loop, a fixed rate, or steps that the process `in_step_with` finds whole; returns the figures."""
        command = [*self._command, "-s", str(self._sent), "-c", str(connections), "-d", str(seconds)]
        if requests:
            command += ["-n", str(requests)]
        if rate:
            command += ["-r", str(rate)]
        if in_step_with:
            command += ["-l", str(in_step_with)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        except subprocess.TimeoutExpired:
            raise Failure(f"the load generator did not end within {seconds + 60} s") from None
        sys.stderr.write(done.stderr)
        if done.returncode:
            raise Failure(f"the load generator failed: {done.stderr.strip()}")
        figures = json.loads(done.stdout)
        self._sent += figures["requests"] + figures["unanswered"]
        self.accepted += figures["ok"]
        if not figures["requests"]:
            raise Failure("the load generator got no answer (or its file of requests is used up)")
        return figures

    def hold_idle(self, count):
        """A process that holds idle connections until `release`."""
        idle = IdleConnections([*self._command, "-s", str(self._sent), "-i", str(count)])
        self._sent += count
        self.accepted += idle.answered
        return idle


class Crowd:
    """A process with connections of its own, there since its first line and until `release`."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self._process.stdout], [], [], 60)
        self.first_line = self._process.stdout.readline() if ready else ""

    @classmethod
    def opening(cls, directory, port, rate):
        """So many connections a second, each closed as soon as it is there."""
        return cls([str(directory / "crowd"), "-p", str(port), "-o", str(rate)])

    @classmethod
    def slow(cls, directory, port, count, file):
        """Clients that send a byte a second, and come again when they are closed."""
        return cls([str(directory / "crowd"), "-p", str(port), "-w", str(count), "-f", str(file)])

    def release(self):
        """Ends the process; returns what it says of itself, or nothing."""
        try:
            rest, _ = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            rest, _ = self._process.communicate()
        return json.loads(rest) if rest else {}


class IdleConnections(Crowd):
    """Connections that have had one request answered each."""

    def __init__(self, command):
        super().__init__(command)
        self.answered = json.loads(self.first_line)["answered"] if self.first_line else 0


def run_baseline(directory, file, redis, depth, count):
    """The three-write script driven directly; returns the figures."""
    sha = redis.load_ingest_script()
    done = subprocess.run(
        [directory / "baseline", file, str(redis.port), sha, str(depth), str(count)], capture_output=True, text=True,
        timeout=120)
    if done.returncode:
        raise Failure(f"the baseline driver failed: {done.stderr.strip()}")
    return json.loads(done.stdout)

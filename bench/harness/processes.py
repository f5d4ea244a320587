"""Processes that the benchmark starts, each in a session of its own, and ends again: these and no others."""

import os
import resource
import signal
import socket
import subprocess
import time

from . import machine


class Failure(Exception):
    """Why a measurement could not be made, for people."""


class Skipped(Exception):
    """Why something cannot be measured here."""


def _raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Process:
    """A server under test, or its Redis: started, waited for, measured, ended."""

    def __init__(self, command, log, environment=None):
        self.command = command
        self.log = log
        with open(log, "ab") as file:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
                preexec_fn=_raise_file_limit, env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self._process.pid

    @property
    def pids(self):
        """All processes of its session."""
        return machine.session(self._process.pid)

    def await_port(self, port, seconds=30):
        """Returns when the port accepts connections; a port that somebody else listens on is an error."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise Failure(f"{self.command[0]} ended with {self._process.returncode}: {self.last_words()}")
            inodes = machine.listeners(port)
            if inodes:
                if not inodes & machine.sockets(self.pids):
                    raise Failure(f"port {port} belongs to another process than {self.command[0]}")
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    return
                except OSError:
                    pass
            time.sleep(0.05)
        raise Failure(f"{self.command[0]} did not listen on {port} within {seconds} s: {self.last_words()}")

    def last_words(self):
        try:
            with open(self.log, errors="replace") as file:
                return " | ".join(file.read().splitlines()[-3:])
        except OSError:
            return ""

    def end(self, seconds=20):
        """SIGTERM to the process, SIGKILL to what is left of its session after `seconds`; returns whether it obeyed."""
        if self._process.poll() is None:
            # It may have been stopped, by a load generator that was ended in the middle of a step.
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        left = machine.session(self._process.pid)
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait()
        return not left

"""The processes under test: started, killed with -9, paused, and ended with the test, whatever becomes of it."""

import asyncio
import ctypes
import os
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


class Process:
    """A program that is started again whenever a fault has killed it."""

    def __init__(self, name, words, directory, is_ready=None):
        """`is_ready` is asked, with the process, until it says that the process does its work."""
        self.name = name
        self.words = words
        self.directory = directory
        self.log = f"{directory}/{name}.log"
        self.is_ready = is_ready or (lambda process: True)
        self.child = None
        self.starts = 0
        # Resident memory in KiB: soon after the first start, and the most that was ever seen.
        self.first_memory = None
        self.most_memory = 0

    def start(self):
        with open(self.log, "ab") as log:
            self.log_start = log.tell()
            self.child = subprocess.Popen(
                self.words, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            )
        self.starts += 1

    async def ready(self, bound=60.0):
        """Waits until it does its work; a process that ended by itself is a failure of the test."""
        end = time.monotonic() + bound
        while not self.is_ready(self):
            if self.child.poll() is not None:
                raise AssertionError(f"{self.name} ended by itself ({self.child.returncode}):\n{self.log_tail()}")
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} was not ready within {bound:.0f} s:\n{self.log_tail()}")
            await asyncio.sleep(0.02)

    def kill(self):
        """kill -9; nothing can be said about it afterwards but what it left behind."""
        self.measure()
        self.child.kill()
        self.child.wait()

    def pause(self):
        self.child.send_signal(signal.SIGSTOP)

    def resume(self):
        self.child.send_signal(signal.SIGCONT)

    def is_alive(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, bound=40.0):
        """Ends it as an operator does; the exit code."""
        if not self.is_alive():
            return None
        self.resume()
        self.child.terminate()
        try:
            return self.child.wait(bound)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()

    def measure(self):
        """Notes the resident memory, in KiB."""
        if not self.is_alive():
            return 0
        with open(f"/proc/{self.child.pid}/status") as status:
            memory = next((int(line.split()[1]) for line in status if line.startswith("VmRSS")), 0)
        if self.first_memory is None:
            self.first_memory = memory
        self.most_memory = max(self.most_memory, memory)
        return memory

    def log_text(self):
        """What this life of the process has written."""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def log_tail(self):
        return self.log_text()[-2000:]


def free_port():
    """A port that nobody listens on now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Disk:
    """The disk of the gateway's spool: small, so that it can be filled. A tmpfs where that may be mounted."""

    SIZE = 24 << 20

    def __init__(self, path):
        self.path = path
        os.makedirs(path, mode=0o700)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self.SIZE},mode=700", "tmpfs", path]
        self.is_small = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0

    def fill(self):
        """Takes all the space that is left."""
        with open(f"{self.path}/filler", "ab", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 65536):
                    pass
            except OSError:
                pass

    def free(self):
        if os.path.exists(f"{self.path}/filler"):
            os.unlink(f"{self.path}/filler")

    def close(self):
        if self.is_small:
            subprocess.run(["umount", "-l", self.path], capture_output=True)
            self.is_small = False

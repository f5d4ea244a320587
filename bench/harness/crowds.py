"""Deliveries beside clients that do no good: idle ones, those that only come and go, those that send a byte a second.

Each scenario tells the deliveries' latency before and meanwhile, and the memory before, at its most and after the crowd
has gone.
"""

import resource
import time

from . import servers
from .load import Crowd
from .processes import Failure
from .trial import trial

# What is delivered meanwhile: a modest rate, so that latencies say what the crowd costs.
RATE, CONNECTIONS = 500, 16
# What the generator and the server need beside the crowd's connections.
SPARE_DESCRIPTORS = 512
# How often the memory is looked at while the crowd is there; the worst run between two looks counts.
LOOKS = 4
# What buffers and the allocator may keep of a crowd's memory.
MOST_MB_KEPT = 4


def listed(plan, tools, binary, file):
    """Name and function of each scenario."""
    crowds = Crowds(plan, tools, binary, file)
    return [
        (f"gateway, {crowds.idle_count:,} idle", crowds.idle),
        (f"gateway, {plan.crowd_rate:,} connections a second", crowds.opened_and_closed),
        (f"gateway, {plan.crowd_slow:,} slow clients", crowds.slow),
    ]


class Crowds:
    def __init__(self, plan, tools, binary, file):
        self._plan = plan
        self._tools = tools
        self._file = file
        _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        # As many of them as the system allows one process.
        self.idle_count = min(plan.crowd_idle, allowed - SPARE_DESCRIPTORS)
        # The crowd must fit, or idle connections are closed to make room; slow clients shall meet the time-outs.
        self._server = servers.Gateway(
            binary, listen={"maxConnections": allowed, "headerTimeoutSeconds": 2, "bodyTimeoutSeconds": 3})

    def idle(self):
        count = self.idle_count
        return self._beside(lambda run: run.load.hold_idle(count), lambda idle, _: idle.answered == count)

    def opened_and_closed(self):
        rate = self._plan.crowd_rate
        # The client may fall behind a little on a machine that it shares with the server.
        return self._beside(
            lambda run: Crowd.opening(self._tools, run.port, rate),
            lambda _, said: said.get("opened", 0) >= 0.9 * rate * self._plan.crowd_seconds and not said["failed"])

    def slow(self):
        count = self._plan.crowd_slow
        return self._beside(
            lambda run: Crowd.slow(self._tools, run.port, count, self._file),
            lambda _, said: said.get("opened", 0) >= count and said["closed"] > 0 and not said["failed"])

    def _beside(self, gather, was_there):
        """Deliveries without and with a crowd; `was_there` judges whether the crowd was what it should be."""
        seconds = self._plan.crowd_seconds
        with trial(self._tools, self._server, self._file) as run:
            # The first deliveries bring in what stays: buffers, and pages of the program.
            run.load.run(requests=5000, seconds=seconds)
            quiet = run.load.run(connections=CONNECTIONS, rate=RATE, seconds=1.5)
            before = run.settled_mb()
            crowd = gather(run)
            try:
                most, figures = run.resident_mb(), None
                for _ in range(LOOKS):
                    figures = worse(figures, run.saturate(
                        connections=CONNECTIONS, rate=RATE, seconds=seconds / LOOKS))
                    most = max(most, run.resident_mb())
            finally:
                said = crowd.release()
            if not was_there(crowd, said):
                raise Failure(f"the crowd was not what it should be: {said or crowd.first_line}")
            after = self._memory_after(run, before)
            run.check_queue()
            return {**figures, "p99_before_us": quiet["p99_us"], "before_mb": before, "most_mb": most,
                    "after_mb": after, "crowd": said}

    def _memory_after(self, run, before):
        """What is left once the connections have ended: the server notices the last of them within its time-outs."""
        end = time.monotonic() + self._plan.crowd_seconds
        while run.resident_mb() > before and time.monotonic() < end:
            time.sleep(0.2)
        return run.resident_mb()


def worse(one, other):
    """The run with the longer latencies."""
    return other if one is None or other["p99_us"] > one["p99_us"] else one

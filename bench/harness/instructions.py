"""Instructions a webhook, by provider, against the thresholds in bench/thresholds.json."""

import json
import pathlib
import tempfile

from . import callgrind, requests, servers
from .processes import Failure
from .trial import trial

THRESHOLDS = pathlib.Path(__file__).resolve().parent.parent / "thresholds.json"
# What is left of chance: in how many pieces Redis' replies arrive.
TOLERANCE = 1.01
# Two runs of different length: their difference holds neither the start nor the end of the process.
SHORT, LONG = 640, 2560
CONNECTIONS = 64


def profile(tools, binary, provider="stripe", access_log="none"):
    """The instructions of one webhook, by object file and function."""
    file = requests.prepared(provider, LONG, tools)
    profiles = []
    with tempfile.TemporaryDirectory(prefix="webhook-bench.") as directory:
        for count in (SHORT, LONG):
            output = pathlib.Path(directory) / f"callgrind.{count}"
            server = servers.Gateway(
                binary, access_log, prefix=callgrind.prefix(output), environment={"SWIFT_DETERMINISTIC_HASHING": "1"},
                # What the role admin does on its own goes by the clock, and under valgrind a second has few webhooks.
                roles="ingest")
            with trial(tools, server, file, provider, patience=120) as run:
                run.load.run(connections=CONNECTIONS, requests=count, seconds=240, in_step_with=run.pid)
                run.check_queue()
                if run.load.accepted != count:
                    raise Failure(f"{count - run.load.accepted} of {count} deliveries were not accepted")
            profiles.append(callgrind.Profile.read(output))
    return profiles[1].per_request(profiles[0], LONG - SHORT)


def measure(tools, binary):
    """Total and outside libcrypto, by case."""
    cases = {provider: (provider, "none") for provider in requests.PROVIDERS}
    cases["stripe, access log"] = ("stripe", "all")
    counts = {}
    for name, (provider, access_log) in cases.items():
        counted = profile(tools, binary, provider, access_log)
        counts[name] = {"total": round(counted.total()), "outsideLibcrypto": round(counted.total(outside="libcrypto"))}
    return counts


def update(counts):
    THRESHOLDS.write_text(json.dumps(counts, indent=2) + "\n")


def judge(counts):
    """Rows for the table, and whether all counts are within their thresholds."""
    thresholds = json.loads(THRESHOLDS.read_text()) if THRESHOLDS.exists() else {}
    rows, is_within = [], True
    for name, count in counts.items():
        for kind, value in count.items():
            limit = thresholds.get(name, {}).get(kind)
            if limit is None:
                word, is_within = "no threshold: scripts/bench --check --update", False
            elif value > limit * TOLERANCE:
                word, is_within = "MORE than the threshold", False
            elif value * TOLERANCE < limit:
                word = "less: lower the threshold with --update"
            else:
                word = "ok"
            rows.append([name, kind, f"{value:,}", "-" if limit is None else f"{limit:,}", word])
    return rows, is_within

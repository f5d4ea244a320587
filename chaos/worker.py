"""A worker by docs/workers.md: takes from the queue `jobs` and appends each event's id to a file when it is done.

    worker.py PORT FILE
"""

import json
import os
import random
import sys
import time

from resp import Redis, RedisError

LEASE = 4  # seconds: longer than a take waits and a job lasts
QUEUE = "wh:{0}:queue:jobs"


def consume(port, done):
    """One life of a consumer: ends with the first error of its connection, and its lease lapses then."""
    me = f"chaos-{os.getpid()}-{random.randrange(1 << 48):x}"
    lease, work = f"wh:{{0}}:lease:jobs:{me}", f"wh:{{0}}:work:jobs:{me}"
    redis = Redis(port, timeout=LEASE)
    try:
        while True:
            redis.pipeline([("SET", lease, 1, "EX", LEASE), ("SADD", "wh:{0}:consumers:jobs", me)])
            event = redis("BLMOVE", QUEUE, work, "LEFT", "RIGHT", 1)
            if event is None:
                continue
            line = json.loads(event)["id"].encode() + b" %d\n" % time.time_ns()
            os.write(done, line)
            redis("LREM", work, 1, event)
    finally:
        redis.close()


def main():
    done = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    while True:
        try:
            consume(int(sys.argv[1]), done)
        except (OSError, RedisError):
            time.sleep(0.1)


main()

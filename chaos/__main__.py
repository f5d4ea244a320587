"""The crash test: harms every part of the gateway at random while deliveries arrive, then counts. See scripts/chaos."""

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import verdict
from faults import catalogue
from verdict import Broken
from world import World

# Deliveries of the calm at the end, none of which may arrive twice.
CALM = 100


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/chaos", description="The crash test: see docs/reliability.md.")
    parser.add_argument("--faults", type=int, default=200, help="how many faults (200)")
    parser.add_argument("--seconds", type=int, default=720, help="the longest time that faults are made (720)")
    parser.add_argument("--rate", type=int, default=60, help="deliveries a second (60)")
    parser.add_argument("--settle", type=int, default=180, help="the longest time until all has been delivered (180)")
    parser.add_argument("--seed", type=int, help="repeats the faults of an earlier run; else a new one, printed")
    parser.add_argument("--program", default=".build/release/webhook-gateway", help="the gateway's executable")
    parser.add_argument("--keep", action="store_true", help="keep the run's directory, with all logs")
    return parser.parse_args()


class Run:
    def __init__(self, options, directory):
        self.options = options
        self.random = random.Random(options.seed)
        redis = shutil.which("redis-server") or shutil.which("valkey-server")
        if not redis:
            sys.exit("scripts/chaos: neither redis-server nor valkey-server is installed")
        self.world = World(os.path.abspath(options.program), directory, options.seed, redis)
        self.faults = []  # (name, targets, start, end), in Unix nanoseconds

    async def course(self):
        """Warm up, harm, calm down, count."""
        world, options = self.world, self.options
        await world.start()
        say(f"seed {options.seed}; {options.faults} faults within {options.seconds} s; {world.directory}"
            + ("" if world.disk.is_small else "; no tmpfs may be mounted here: spool.maxBytes takes the disk's place"))
        stop = asyncio.Event()
        load = asyncio.create_task(world.provider.run(options.rate, stop))
        await asyncio.sleep(2)
        for process in world.processes.values():
            process.measure()
        await self.harm()
        stop.set()
        await load
        await world.provider.finish(bound=options.settle)
        await self.settle()
        calm_from = len(world.provider.deliveries)
        for _ in range(CALM):
            world.provider.begin()
            await asyncio.sleep(0.02)
        await world.provider.finish(bound=60)
        await self.settle()
        self.count(calm_from)
        for name, process in world.processes.items():
            if name == "redis" or name.startswith("worker"):
                continue
            # In a thread: the links go on meanwhile.
            if (code := await asyncio.to_thread(process.stop)) != 0:
                raise Broken(f"{name} ended with {code} when asked to stop:\n{process.log_tail()}")

    async def harm(self):
        """Draws faults until there were enough or the time is over; two at once at most, never of the same thing."""
        kinds = catalogue(self.world, is_long=self.options.faults >= 100)
        deck = []
        end = time.monotonic() + self.options.seconds
        under_way = {}
        made = 0
        while made < self.options.faults and time.monotonic() < end:
            if not deck:
                deck = [kind for kind in kinds for _ in range(kind.weight)]
                self.random.shuffle(deck)
            fault = deck.pop()
            while len(under_way) >= 2 or any(set(fault.targets) & set(other.targets) for other in under_way.values()):
                done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del under_way[task]
                    task.result()
            made += 1
            say(f"{made:4} {fault.name}")
            under_way[asyncio.create_task(self.make(fault, random.Random(self.random.random())))] = fault
            await asyncio.sleep(self.random.uniform(0.1, 1.0))
        for task in under_way:
            await task

    async def make(self, fault, source):
        start = time.time_ns()
        await fault.action(source)
        self.faults.append((fault.name, fault.targets, start, time.time_ns()))

    async def settle(self):
        """Waits until nothing is left to do anywhere."""
        start = time.monotonic()
        # In a thread: whoever blocks the loop holds up the proxies, and what is to settle waits for them.
        while left := await asyncio.to_thread(verdict.leftovers, self.world):
            if time.monotonic() - start > self.options.settle:
                raise Broken(f"still not settled after {self.options.settle} s of calm: {left}")
            await asyncio.sleep(0.5)
        say(f"settled after {time.monotonic() - start:.0f} s of calm")

    def count(self, calm_from):
        world = self.world
        deliveries = world.provider.deliveries
        ids = verdict.stored_ids(world, deliveries)
        verdict.check_states(world, ids)
        verdict.check_ledger(world, deliveries)
        key_of = {id: key for key, id in ids.items()}
        worked = list(world.worker_records())
        times = {"crm": {}, "worker": {}}
        for place, records in [("crm", [(id, at) for _, id, at in world.receiver.received]), ("worker", worked)]:
            for id, at in records:
                times[place].setdefault(id, []).append(at)
        doubles = {
            "crm": verdict.check_arrivals("crm", ids, ((key, id) for key, id, _ in world.receiver.received)),
            "log": verdict.check_arrivals("log", ids, world.file_records()),
            "worker": verdict.check_arrivals("worker", ids, ((key_of.get(id, id), id) for id, _ in worked)),
        }
        forwarding = {*world.running("forwarder"), "redis", "forwarder-redis", "forwarder-receiver"}
        working = {*world.running("worker"), "redis", "worker-redis"}
        verdict.check_explained("crm", doubles["crm"], times["crm"], self.faults, forwarding)
        verdict.check_explained("worker", doubles["worker"], times["worker"], self.faults, working)
        calm = {ids[delivery.key] for delivery in deliveries[calm_from:]}
        for place, found in doubles.items():
            if calm & set(found):
                raise Broken(f"doubles at {place} without any fault, {verdict.examples(calm & set(found))}")
        self.report(doubles, verdict.check_memory(world))

    def report(self, doubles, memory):
        provider = self.world.provider
        attempts = sum(delivery.attempts for delivery in provider.deliveries)
        answers = [answer for delivery in provider.deliveries for answer in delivery.answers]
        print(f"faults      {len(self.faults)}")
        for name in sorted({name for name, *_ in self.faults}):
            print(f"            {sum(1 for fault in self.faults if fault[0] == name):4} {name}")
        print(f"deliveries  {len(provider.deliveries)}, all accepted, in {attempts} requests; "
              f"{sum(1 for answer in answers if answer.get('spooled'))} answers from the spool, "
              f"{provider.statuses.get(503, 0)} times 503, {provider.unanswered} without an answer")
        for place, found in doubles.items():
            again = sum(count - 1 for count in found.values())
            print(f"at {place:8} {len(provider.deliveries)} events, none missing; {again} arrivals more, all with the same id")
        for name, first, most, now in memory:
            print(f"memory      {name}: {first} MiB at the start, {most} at most, {now} at the end")
        print("ledger      balanced")


def say(line):
    print(line, file=sys.stderr, flush=True)


def main():
    options = arguments()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    # A short path: a unix socket's is limited.
    directory = tempfile.mkdtemp(prefix="gateway-chaos-", dir="/tmp")
    run = Run(options, directory)
    started = time.monotonic()
    is_kept = options.keep

    async def course():
        try:
            await run.course()
        finally:
            await run.world.close()

    try:
        asyncio.run(course())
        print(f"nothing is lost (seed {options.seed}, {time.monotonic() - started:.0f} s)")
    except (Broken, AssertionError) as broken:
        is_kept = True
        print(f"BROKEN: {broken}\nseed {options.seed}; what the processes wrote is in {directory}")
        sys.exit(1)
    finally:
        if not is_kept:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()

"""What must be true afterwards. Each check returns what it counted, or says which promise was broken and by which event."""

import glob
import json
from collections import Counter

DESTINATIONS = ["crm", "log"]
SECOND = 1_000_000_000
# What a process may have grown by: buffers and caches that were not needed at the start, in KiB.
GROWTH = 96 * 1024


class Broken(Exception):
    """A promise that was not kept."""


def examples(items):
    items = list(items)
    return f"{len(items)}: {', '.join(str(item) for item in items[:5])}{' …' if len(items) > 5 else ''}"


def leftovers(world):
    """How many entries lie where something still has to happen, by place; empty when all is settled."""
    redis = world.redis()
    try:
        places = {}
        for key in redis("KEYS", "wh:{0}:*"):
            name = key.decode().removeprefix("wh:{0}:")
            kind, _, rest = name.partition(":")
            if kind not in ("queue", "work", "delayed", "dead", "lane"):
                continue
            length = {"list": "LLEN", "zset": "ZCARD"}.get(redis("TYPE", key))
            if not length:
                continue
            count = redis(length, key)
            if count:
                place = f"{kind}:{rest.split(':')[0]}" if kind == "work" else name
                places[place] = places.get(place, 0) + count
        spooled = sum(1 for _ in glob.iglob(f"{world.directory}/gateway-data/spool/*/*.spool"))
        if spooled:
            places["files in the spool"] = spooled
        return places
    finally:
        redis.close()


def stored_ids(world, deliveries):
    """The id under which each delivery is stored; every id that a 200 named leads to it."""
    redis = world.redis()
    try:
        ids = {}
        for delivery in deliveries:
            stored = redis("GET", f"wh:{{0}}:dedupe:stripe:{delivery.key}")
            if stored is None:
                raise Broken(f"{delivery.key} got a 200 and is not in the store")
            for answer in delivery.answers:
                told = answer["id"].encode()
                if told != stored and redis("GET", f"wh:{{0}}:alias:{told.decode()}") != stored:
                    raise Broken(f"{delivery.key}: the id {told.decode()} of a 200 does not lead to {stored.decode()}")
            ids[delivery.key] = stored.decode()
        return ids
    finally:
        redis.close()


def check_states(world, ids):
    """Each event is in exactly one state: delivered, to each destination, and owed to nobody."""
    redis = world.redis()
    try:
        wrong = []
        for id in ids.values():
            fields = redis("HGETALL", f"wh:{{0}}:state:{id}")
            state = {fields[i].decode(): fields[i + 1].decode() for i in range(0, len(fields), 2)}
            lanes = {name: state.get(f"to:{name}") for name in DESTINATIONS}
            if state.get("status") != "delivered" or state.get("pending", "0") != "0":
                wrong.append((id, state))
            elif any(to != "delivered" for to in lanes.values()):
                wrong.append((id, lanes))
        if wrong:
            raise Broken(f"not delivered, {examples(wrong)}")
    finally:
        redis.close()


def check_arrivals(place, ids, received):
    """Every event arrived at least once, under its one id; how many arrived more than once.

    `ids`: key → id. `received`: (key, id) pairs.
    """
    by_key = {}
    for key, id in received:
        by_key.setdefault(key, Counter())[id] += 1
    missing = [key for key in ids if key not in by_key]
    if missing:
        raise Broken(f"never arrived at {place}, {examples(missing)}")
    foreign = [(key, dict(found)) for key, found in by_key.items() if set(found) != {ids.get(key)}]
    if foreign:
        raise Broken(f"arrived at {place} under an id that is not the stored one, {examples(foreign)}")
    return {ids[key]: found.total() for key, found in by_key.items() if found.total() > 1}


def check_explained(place, doubles, times, faults, touched):
    """Between the first and the last arrival of each double there was a fault of what lies on its way.

    `times`: id → Unix nanoseconds of its arrivals. `faults`: (name, targets, start, end).
    """
    unexplained = []
    for id in doubles:
        first, last = min(times[id]), max(times[id])
        if not any(
            touched & set(targets) and start <= last and end >= first - 2 * SECOND
            for _, targets, start, end in faults
        ):
            unexplained.append(id)
    if unexplained:
        raise Broken(f"doubles at {place} that no fault explains, {examples(unexplained)}")


def check_ledger(world, deliveries):
    """`audit` accounts for every event, and its numbers are those of the provider."""
    audit = world.audit()
    if audit.returncode != 0:
        raise Broken(f"audit does not balance: {audit.stdout}{audit.stderr}")
    ledger = json.loads(audit.stdout)
    source = next(entry for entry in ledger["sources"] if entry["source"] == "stripe")
    if source["queued"] != len(deliveries):
        raise Broken(f"the ledger has {source['queued']} events queued, the provider {len(deliveries)}")
    return ledger


def check_memory(world):
    """No process under test has grown beyond what buffers explain; its resident MiB at the start, at most and now."""
    lines = []
    for name, process in world.processes.items():
        if name.split("-")[0] not in ("gateway", "forwarder"):
            continue
        now = process.measure()
        if now > process.first_memory + GROWTH:
            raise Broken(f"{name} had {process.first_memory} KiB at the start and has {now} KiB at the end")
        lines.append((name, process.first_memory // 1024, process.most_memory // 1024, now // 1024))
    return lines

"""The catalogue of faults. Each is one function that does harm and mends what it did; none harms what it cannot mend."""

import asyncio
from resp import RedisError


class Fault:
    """A kind of fault: what it is called, how often it comes in a round of all, and what it touches meanwhile."""

    def __init__(self, name, weight, targets, action):
        self.name = name
        self.weight = weight
        # Names of processes or links; two faults at once never share one.
        self.targets = targets
        self.action = action


def catalogue(world, is_long):
    """All faults that this world can bear; those that take half a minute only in a long run."""
    faults = []

    def add(name, weight, targets, action):
        faults.append(Fault(name, weight, targets, action))

    for name, weight in [("gateway", 4), ("redis", 4)]:
        add(f"kill -9 {name}", weight, [name], kill(world, name))
    for kind in ("forwarder", "worker"):
        for name in world.running(kind):
            add(f"kill -9 {kind}", 2, [name], kill(world, name))
            add(f"pause {kind}", 1, [name], pause(world, name, 0.5, 8.0 if kind == "worker" else 4.0))
    if is_long:
        # A forwarder's claims and its lease last 30 s.
        add("pause forwarder past its lease", 1, ["forwarder-1"], pause(world, "forwarder-1", 33.0, 36.0))
    add("kill -9 gateway and redis", 2, ["gateway", "redis"], kill(world, "gateway", "redis"))
    add("pause gateway", 1, ["gateway"], pause(world, "gateway", 0.2, 2.0))
    add("pause redis", 2, ["redis"], pause(world, "redis", 0.2, 4.0))
    for name in world.links:
        link = world.links[name]
        add(f"cut {name}", 1, [name], cut(link))
        add(f"hold {name}", 1, [name], hold(link))
        add(f"delay {name}", 1, [name], delay(link))
        add(f"lose answers {name}", 2, [name], lose_answers(link))
    add("forget scripts", 1, ["redis"], forget_scripts(world))
    add("receiver fails", 1, ["forwarder-receiver"], fail_receiver(world))
    if world.disk.is_small:
        add("fill the spool's disk", 3, ["disk", "redis"], fill_disk(world))
    return faults


def kill(world, *names):
    async def action(random):
        for name in names:
            world.processes[name].kill()
        await asyncio.sleep(random.choice([0, 0, random.uniform(0, 1.5)]))
        for name in reversed(names):
            world.processes[name].start()
        for name in names:
            await world.processes[name].ready()

    return action


def pause(world, name, shortest, longest):
    async def action(random):
        world.processes[name].pause()
        await asyncio.sleep(random.uniform(shortest, longest))
        world.processes[name].resume()

    return action


def cut(link):
    async def action(random):
        for _ in range(random.randint(1, 3)):
            link.cut()
            await asyncio.sleep(random.uniform(0, 0.3))

    return action


def hold(link):
    """What either side says does not arrive, and neither is told: a connection that looks alive."""

    async def action(random):
        link.flow.clear()
        await asyncio.sleep(random.uniform(0.2, 3.0))
        if random.random() < 0.5:
            link.cut()
        link.flow.set()

    return action


def delay(link):
    async def action(random):
        link.delay = random.uniform(0.02, 0.4)
        await asyncio.sleep(random.uniform(0.5, 2.5))
        link.delay = 0.0

    return action


def lose_answers(link):
    async def action(random):
        link.lose_answers(random.randint(1, 5))
        await asyncio.sleep(random.uniform(0.2, 1.0))
        link.lost_answers = 0

    return action


def forget_scripts(world):
    async def action(random):
        try:
            redis = world.redis()
            redis("SCRIPT", "FLUSH")
            redis.close()
        except (OSError, RedisError):
            pass  # another fault has Redis

    return action


def fail_receiver(world):
    async def action(random):
        world.receiver.is_failing = True
        await asyncio.sleep(random.uniform(0.2, 2.0))
        world.receiver.is_failing = False

    return action


def fill_disk(world):
    """Redis is away and the spool's disk is full: deliveries are refused, and nothing half written is taken for whole."""

    async def action(random):
        world.processes["redis"].kill()
        await asyncio.sleep(random.uniform(0, 0.5))
        world.disk.fill()
        await asyncio.sleep(random.uniform(0.3, 1.5))
        if random.random() < 0.5:
            world.disk.free()
        world.processes["redis"].start()
        await world.processes["redis"].ready()
        world.disk.free()

    return action

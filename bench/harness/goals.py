"""The goals, and what was measured beside them."""

import dataclasses
import statistics

from . import crowds


@dataclasses.dataclass
class Verdict:
    """One line of the table; `met` is None when it was not measured."""

    name: str
    measured: str
    goal: str
    met: bool | None
    note: str = ""


class Results:
    """The figures of all rounds by scenario: medians, and ratios taken within each round."""

    def __init__(self, rounds):
        self.rounds = rounds

    def scenarios(self, figure):
        """The scenarios that have a figure of that name, in the order of a round."""
        return list(dict.fromkeys(
            name for figures in self.rounds for name, values in figures.items() if figure in values))

    def values(self, scenario, *path):
        found = []
        for figures in self.rounds:
            value = figures.get(scenario)
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                found.append(value)
        return found

    def median(self, scenario, *path):
        values = self.values(scenario, *path)
        return statistics.median(values) if values else None

    def ratio(self, above, below):
        """The median of a round's figure over another of the same round."""
        ratios = []
        for figures in self.rounds:
            one, other = Results([figures]).median(*above), Results([figures]).median(*below)
            if one is not None and other:
                ratios.append(one / other)
        return statistics.median(ratios) if ratios else None


def _at_least(name, value, goal, unit="x", note=""):
    if value is None:
        return Verdict(name, "not measured", f"at least {goal:g}{unit}", None, note)
    return Verdict(name, f"{value:.3g}{unit}", f"at least {goal:g}{unit}", value >= goal, note)


def _at_most(name, value, goal, unit, note=""):
    if value is None:
        return Verdict(name, "not measured", f"at most {goal:g}{unit}", None, note)
    text = f"{value:,.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}"
    return Verdict(name, text, f"at most {goal:,g}{unit}", value <= goal, note)


def verdicts(results, instructions=None):
    """Every figure of the goals table beside its goal."""
    ratio, median = results.ratio, results.median

    def cpu_less(peer):
        return ratio((peer, "cpu_us"), ("gateway", "cpu_us"))

    def faster(peer, suffix=""):
        return ratio((f"gateway{suffix}", "rps"), (f"{peer}{suffix}", "rps"))

    lines = [
        _at_least("CPU a webhook, less than nginx+Lua, 1 worker each", cpu_less("nginx+Lua"), 4),
        _at_least("CPU a webhook, less than FastAPI", cpu_less("FastAPI"), 25),
        _at_least("CPU a webhook, less than Hummingbird", cpu_less("Hummingbird"), 10),
    ]
    total, outside = instructions or (None, None)
    lines += [
        _at_most("instructions a webhook (user space)", total, 110_000, ""),
        _at_most("… of them outside libcrypto", outside, 45_000, ""),
        _at_least("requests a second, over nginx+Lua, 1 worker", faster("nginx+Lua"), 3),
        _at_least("requests a second, over nginx+Lua, 2 workers", faster("nginx+Lua", ", 2 workers"), 2.2),
        _at_least("requests a second, over FastAPI, 1 worker", faster("FastAPI"), 15),
        _at_least("requests a second, over FastAPI, 2 workers", faster("FastAPI", ", 2 workers"), 9),
        _at_most("p50 at 5,000 a second", median("gateway", "at_5000", "p50_us"), 250, " µs"),
        _at_most("p99 at 5,000 a second, over nginx+Lua's of the same round",
                 ratio(("gateway", "at_5000", "p99_us"), ("nginx+Lua", "at_5000", "p99_us")), 1, "x",
                 _p99_note(results)),
        _at_most("resident memory, idle", median("gateway", "idle_mb"), 16, " MB"),
        _at_most("resident memory, 10,000 idle connections", median("gateway", "idle_connections_mb"), 25, " MB"),
        _at_most("Redis CPU a webhook, over the three-write script, 64 connections",
                 ratio(("gateway", "redis_us"), ("baseline", "redis_us")), 1.3, "x", "the script driven directly"),
        _at_most("… over nginx+Lua's, 64 connections",
                 ratio(("gateway", "redis_us"), ("nginx+Lua", "redis_us")), 1.3, "x", "the script driven by the peer"),
        _at_most("Redis CPU a webhook, over the three-write script, 1 connection",
                 ratio(("gateway", "single", "redis_us"), ("baseline, 1 connection", "redis_us")), 2, "x",
                 "the script driven directly"),
        _at_most("… over nginx+Lua's, 1 connection",
                 ratio(("gateway", "single", "redis_us"), ("nginx+Lua", "single", "redis_us")), 2, "x",
                 "the script driven by the peer"),
        _at_least("appendfsync always, of the rate without AOF",
                  _percent(ratio(("gateway, fsync always", "rps"), ("gateway", "rps"))), 45, " %"),
        _at_least("TLS, of the plain rate", _percent(ratio(("gateway, TLS", "rps"), ("gateway", "rps"))), 70, " %"),
    ]
    for provider, goal in (("Square", 1.3), ("QuickBooks", 2), ("Mailchimp", 1.3)):
        value = ratio((f"gateway, {provider.lower()}", "cpu_us"), ("gateway", "cpu_us"))
        lines.append(_at_most(f"CPU a webhook of {provider}, over Stripe's", value, goal, "x"))
    for name in results.scenarios("crowd"):
        beside = name.removeprefix("gateway, ")
        longest, before = median(name, "p99_us"), median(name, "p99_before_us")
        lines.append(_at_most(
            f"p99 of {crowds.RATE} deliveries a second beside {beside}", longest / 1000, 20, " ms",
            f"{before / 1000:.3g} ms without them"))
        lines.append(_at_most(
            f"resident memory after {beside}, over before", median(name, "after_mb") - median(name, "before_mb"),
            crowds.MOST_MB_KEPT, " MB", f"at most {median(name, 'most_mb'):.3g} MB meanwhile"))
    return lines


def _percent(share):
    return None if share is None else share * 100


def _p99_note(results):
    values = [results.median(name, "at_5000", "p99_us") for name in ("gateway", "nginx+Lua")]
    return " and ".join(f"{value:,.0f} µs" for value in values if value is not None)

"""Tables for people, in Markdown, so that they can be pasted where they are wanted."""


def table(headings, rows):
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def _number(value, format_):
    return "-" if value is None else format(value, format_)


def servers(results, scenarios):
    """One line a scenario: medians over the rounds."""
    rows = []
    for name in scenarios:
        if not results.values(name, "rps"):
            continue

        def of(*path, name=name):
            return results.median(name, *path)

        def latency(key, name=name):
            low, high = results.median(name, *key, "p50_us"), results.median(name, *key, "p99_us")
            return "-" if low is None else f"{low:,.0f} / {high:,.0f}"

        rates = results.values(name, "rps")
        spread = f" [{min(rates):,.0f}-{max(rates):,.0f}]" if len(rates) > 1 else ""
        cpu = "-" if of("cpu_us") is None else f"{of('cpu_us'):.1f} ({of('user_us'):.1f} + {of('system_us'):.1f})"
        rows.append([
            name, _number(of("rps"), ",.0f") + spread, cpu, _number(of("redis_us"), ".1f"), latency(()),
            latency(("at_500",)), latency(("at_5000",)), latency(("single",)),
            _number(of("idle_mb"), ".1f"), _number(of("idle_connections_mb"), ".1f"),
        ])
    return table(
        ["server", "requests/s", "CPU µs (user + system)", "Redis µs", "p50 / p99 µs, saturated", "at 500/s",
         "at 5,000/s", "1 connection", "MB idle", "MB, 10,000 idle"], rows)


def goals(verdicts):
    words = {True: "met", False: "MISSED", None: "-"}
    return table(
        ["figure", "measured", "goal", "", "note"],
        [[line.name, line.measured, line.goal, words[line.met], line.note] for line in verdicts])


def disturbance(results):
    """A warning when others used the machine meanwhile."""
    shares = results.values("gateway", "others_cores")
    if not shares or max(shares) < 0.2:
        return None
    return (f"Others used up to {max(shares):.1f} cores during the runs: trust ratios within a round, "
            "not absolute figures.")

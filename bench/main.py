"""scripts/bench: see docs/performance.md."""

import argparse
import datetime
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys

from harness import (
    callgrind, forwarding, goals, instructions, integrations, load, machine, micro, plan, report, requests, search,
    servers)
from harness.processes import Failure, Skipped

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
TOOLS = REPOSITORY / ".build" / "bench"


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures the gateway against its goals and against peers that do the same job.")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="one short round: a look, about a minute")
    kind.add_argument("--check", action="store_true",
                      help="only instructions a webhook, against bench/thresholds.json; exit 1 when there are more")
    kind.add_argument("--profile", metavar="PROVIDER", choices=list(requests.PROVIDERS), nargs="?", const="stripe",
                      help="only where the instructions of one webhook go, by function")
    kind.add_argument("--forwarding", action="store_true",
                      help="only the forwarder, with destinations on loopback; exit 1 when a goal is not met")
    kind.add_argument("--search", action="store_true",
                      help="only the admin API over 500,000 archived events; exit 1 when a goal is not met")
    kind.add_argument("--integrations", action="store_true",
                      help="only 10,000 managed integrations in 1,000 tenants; exit 1 when a goal is not met")
    kind.add_argument("--micro", action="store_true",
                      help="only verification and mapping, call by call; exit 1 when a goal is not met")
    kind.add_argument("--install", action="store_true", help="only install the peers that are missing (apt-get, pip)")
    parser.add_argument("--scale", type=int, default=1, metavar="N",
                        help="with --forwarding, --search and --integrations: a fraction of them, 1/N")
    parser.add_argument("--update", action="store_true", help="with --check: make what is measured the threshold")
    parser.add_argument("--rounds", type=int, help="rounds; figures are medians over them (5)")
    parser.add_argument("--with", dest="extra", action="append", default=[], choices=["hummingbird"],
                        help="also a peer that takes minutes to build")
    parser.add_argument("--binary", type=pathlib.Path, help="measure this webhook-gateway instead of building one")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT",
                        help="only scenarios whose name holds TEXT; repeatable")
    parser.add_argument("--json", type=pathlib.Path, default=TOOLS / "results.json", help="where all figures go")
    parsed = parser.parse_args()
    if parsed.update and not parsed.check:
        parser.error("--update goes with --check")
    if parsed.scale != 1 and not (parsed.forwarding or parsed.search or parsed.integrations):
        parser.error("--scale goes with --forwarding, --search and --integrations")
    return parsed


def known_peers(extra):
    """The peers that can run here; a word about those that cannot."""
    hummingbird = servers.Hummingbird(TOOLS / "hummingbird")
    if "hummingbird" in extra and hummingbird.missing:
        hummingbird.build()
    peers = []
    for peer in (servers.Nginx(), servers.FastAPI(TOOLS / "fastapi"), servers.Node(), hummingbird):
        if peer.missing:
            print(f"skipped: {peer.name} is not installed ({peer.missing})")
        else:
            peers.append(peer)
    return peers


def install():
    if servers.Nginx().missing:
        command = ["apt-get", "install", "-y", "nginx-light", "libnginx-mod-http-lua", "lua-resty-core", "lua-cjson"]
        if os.geteuid():
            command.insert(0, "sudo")
        subprocess.run(command, check=True)
    environment = TOOLS / "fastapi"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run(
        [environment / "bin" / "pip", "install", "--quiet", "-r", servers.PEERS / "fastapi" / "requirements.txt"],
        check=True)
    return 0


def check(binary, updates):
    counts = instructions.measure(TOOLS, binary)
    if updates:
        instructions.update(counts)
    rows, is_within = instructions.judge(counts)
    print(report.table(["instructions a webhook", "", "measured", "threshold", ""], rows))
    return 0 if is_within else 1


def show_profile(binary, provider):
    counted = instructions.profile(TOOLS, binary, provider)
    total, outside = counted.total(), counted.total(outside="libcrypto")
    print(f"{total:,.0f} instructions a webhook, {outside:,.0f} outside libcrypto\n")
    for name, count in counted.by_object():
        if count >= 1:
            print(f"{count:10,.0f}  {name}")
    print()
    functions = [line for line in counted.by_function() if line[0] >= 100]
    for (count, file, _), name in zip(functions, callgrind.demangled(line[2] for line in functions)):
        print(f"{count:10,.0f}  {file:20.20}  {name:.140}")
    return 0


def run_rounds(scenarios, count):
    """All rounds; what failed in the gateway's own scenarios, by name."""
    rounds, problems, skipped = [], {}, set()
    for number in range(1, count + 1):
        figures = {}
        for name, scenario in scenarios:
            if name in skipped:
                continue
            if sys.stderr.isatty():
                print(f"\r\033[Kround {number} of {count}: {name}", end="", file=sys.stderr, flush=True)
            try:
                figures[name] = scenario()
            except Skipped as reason:
                skipped.add(name)
                print(f"skipped: {name}: {reason}")
            except Failure as failure:
                problems[name] = str(failure)
                print(f"failed: {name}: {failure}")
        rounds.append(figures)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return rounds, problems


def measure(options, binary):
    chosen = plan.Plan.quick() if options.quick else plan.Plan()
    if options.rounds:
        chosen.rounds = options.rounds
    scenarios = plan.Scenarios(chosen, TOOLS, servers.Gateway(binary), known_peers(options.extra)).all()
    if options.only:
        scenarios = [(name, run) for name, run in scenarios if any(text in name for text in options.only)]
    counted = None
    if callgrind.missing():
        print(f"skipped: instructions a webhook (valgrind is not installed: {callgrind.missing()})")
    elif not options.only:
        profile = instructions.profile(TOOLS, binary)
        counted = (profile.total(), profile.total(outside="libcrypto"))
    rounds, problems = run_rounds(scenarios, chosen.rounds)
    results = goals.Results(rounds)
    verdicts = goals.verdicts(results, counted)
    heading = (f"{datetime.date.today()}, {machine.description()}; "
               f"`scripts/bench{''.join(' ' + shlex.quote(word) for word in sys.argv[1:])}`, {chosen.rounds} round(s)")
    print(f"\n{heading}\n\n{report.servers(results, [name for name, _ in scenarios])}\n")
    shown = [line for line in verdicts if line.met is not None] if options.only else verdicts
    if shown:
        print(report.goals(shown))
    if warning := report.disturbance(results):
        print(f"\n{warning}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({
        "measured": heading, "binary": str(binary), "rounds": rounds, "instructions": counted, "problems": problems,
        "goals": [vars(line) for line in verdicts],
    }, indent=1) + "\n")
    print(f"\nall figures: {options.json}")
    return 1 if any(name.startswith("gateway") for name in problems) else 0


def main():
    options = arguments()
    # So that whatever runs is ended: Python unwinds, and every server is ended on the way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        TOOLS.mkdir(parents=True, exist_ok=True)
        if options.install:
            return install()
        if (options.check or options.profile) and callgrind.missing():
            print(f"skipped: valgrind is not installed ({callgrind.missing()})")
            return 0
        if options.micro:
            return 0 if micro.show(TOOLS) else 1
        load.build(TOOLS)
        binary = options.binary or servers.build_product(REPOSITORY)
        if options.check:
            return check(binary, options.update)
        if options.profile:
            return show_profile(binary, options.profile)
        if options.forwarding:
            return 0 if forwarding.report(binary, TOOLS, options.scale) else 1
        if options.search:
            return 0 if search.report(binary, options.scale) else 1
        if options.integrations:
            return 0 if integrations.report(binary, TOOLS, options.scale, options.json) else 1
        return measure(options, binary)
    except Failure as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Somebody has read enough (`| head`); Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())

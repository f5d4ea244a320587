"""What a delivery costs in parts, without sockets and without Redis: bench/micro, built beside the product's sources."""

import datetime
import json
import os
import pathlib
import subprocess

from . import machine, report
from .processes import Failure

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = REPOSITORY / "Sources"
FEATURES = ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility", "NonisolatedNonsendingByDefault"]
# What a mapping needs of the executable; it builds without the rest, as the fuzz targets do.
FOLDERS = ["HTTP", "Mapping", "Providers", "Configuration", "Runtime", "Telemetry"]

NORMALISE_GOAL_US = 12
VERIFY_GOAL_US = 5


def build(directory):
    """Compiles the measuring program, unless it is newer than all it is made of; its path."""
    micro = REPOSITORY / "bench" / "micro"
    verifiers = sorted(SOURCES.glob("Verifiers/**/*.swift"))
    gateway = sorted(path for folder in FOLDERS for path in SOURCES.glob(f"WebhookGateway/{folder}/**/*.swift"))
    program = directory / "micro"
    inputs = [*verifiers, *gateway, *micro.iterdir()]
    if program.exists() and program.stat().st_mtime > max(path.stat().st_mtime for path in inputs):
        return program
    out = directory / "micro.build"
    out.mkdir(parents=True, exist_ok=True)
    flags = ["-swift-version", "6", "-O", "-wmo", "-parse-as-library", "-I", out]
    for feature in FEATURES:
        flags += ["-enable-upcoming-feature", feature]
    for name in ("CLinux", "COpenSSL", "CHiredis", "CVector"):
        flags += ["-I", SOURCES / name]
    for name, files in (("Verifiers", verifiers), ("WebhookGateway", gateway)):
        run("swiftc", *flags, "-enable-testing", "-module-name", name, "-emit-module",
            "-emit-module-path", out / f"{name}.swiftmodule", "-c", *files, "-o", out / f"{name}.o")
    run("cc", "-O2", "-shared", "-fPIC", "-o", directory / "allocations.so", micro / "allocations.c")
    run("swiftc", *flags, "-module-name", "Micro", micro / "Micro.swift", out / "Verifiers.o",
        out / "WebhookGateway.o", "-lssl", "-lcrypto", "-lhiredis", "-o", program)
    return program


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def measure(directory):
    """The figures by name."""
    program = build(directory)
    body = directory / "micro-body.json"
    template = (REPOSITORY / "bench" / "bodies" / "stripe.json").read_bytes()
    body.write_bytes(template.replace(b"@SERIAL@", b"%016d" % 1).replace(b"@AMOUNT@", b"100000"))
    environment = {**os.environ, "LD_PRELOAD": str(directory / "allocations.so")}
    done = subprocess.run([program, body], capture_output=True, text=True, timeout=300, env=environment)
    if done.returncode:
        raise Failure(f"the measuring program failed:\n{done.stderr[-2000:]}")
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


def show(directory):
    """Prints figures and goals; whether the goals are met."""
    figures = measure(directory)
    first = next(iter(figures.values()))
    busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    print(f"{datetime.date.today()}, {machine.description()}{'; measured on a busy machine' if busy else ''}")
    print(f"a payment_intent.succeeded of {first['bytes']:,} bytes; CPU time a call\n")
    rows = [[name, f"{line['median_ns'] / 1000:.2f}", f"{line['p95_ns'] / 1000:.2f}", f"{line['allocations']:.1f}"]
            for name, line in figures.items()]
    print(report.table(["", "median µs", "p95 µs", "allocations"], rows) + "\n")
    normalise = figures["normalise: read, split, map"]["median_ns"] / 1000
    over = (figures["verify"]["median_ns"] - figures["OpenSSL's HMAC alone"]["median_ns"]) / 1000
    verdicts = [
        ["normalise, median", f"{normalise:.2f} µs", f"{NORMALISE_GOAL_US} µs", normalise <= NORMALISE_GOAL_US],
        ["verify over OpenSSL's own HMAC", f"{over:.2f} µs", f"{VERIFY_GOAL_US} µs", over <= VERIFY_GOAL_US],
    ]
    print(report.table(["goal", "measured", "at most", ""], [
        [*line[:3], "met" if line[3] else "missed"] for line in verdicts]))
    return all(line[3] for line in verdicts)

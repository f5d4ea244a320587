"""Asks a running gateway everything that its OpenAPI document allows, and much that it does not (schemathesis).

    python Tests/API/conformance.py PROGRAM [OPTIONS of `schemathesis run`]

Fails for a server error, an answer that the document does not have, a wrong request that is accepted and a right one that
is refused. Python is one with schemathesis (`scripts/install-dependencies --full`); everything runs on loopback, in a
directory of its own.
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
SECRET = "whsec_fixture_0123456789abcdef0123456789abcdef"
# The checker also tries wrong credentials, which the limit on failed log-ins answers (429) before it has asked much else;
# AccessTests and TenantIsolationTests try credentials. A stream does not end, and a log-out would end the run.
OPTIONS = ["--exclude-checks", "ignored_auth", "--exclude-path-regex", "/events/stream$|/session$",
           "--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--request-timeout", "30", "--seed", "1"]


def await_start(log, process):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"gateway started"' in line:
                told = json.loads(line)
                return told["listen"], told["admin"]
        time.sleep(0.1)
    sys.exit(f"the gateway did not start:\n{log.read_text()}")


def things(admin, token):
    """What the paths' parameters name: one of each kind that there is, by path."""

    def ask(path, order=None):
        request = urllib.request.Request(
            f"http://{admin}/api/v1/{path}", headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            data=None if order is None else json.dumps(order).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def first(path):
        end = time.monotonic() + 30
        while not (items := ask(path)["items"]):
            if time.monotonic() > end:
                sys.exit(f"there is nothing under {path}")
            time.sleep(0.2)
        return items[0]

    letter = first("dead")
    # Not the one that asks: it is revoked in the course of it.
    spare = next(one["id"] for one in ask("tokens")["items"] if one["name"] == "spare")
    replay = ask("replays", {"filter": {}, "rate": 1})["id"]
    made = ask("integrations", {"kind": "source", "type": "hmac", "name": "Till", "generateSecret": True})["id"]
    return {
        "/events/{id}": {"id": first("events")["id"]}, "/refusals/{id}": {"id": first("refusals")["id"]},
        "/dead/{place}/{event}": {"place": letter["place"], "event": letter["event"]}, "/replays/{id}": {"id": replay},
        "/integrations/{id}": {"id": made}, "/tokens/{id}": {"id": spare},
        "/mappings/{source}": {"source": "stripe"}, "/sources/{source}": {"source": "stripe"},
        "/queues/{queue}": {"queue": "events"}, "/destinations/{destination}": {"destination": "out"},
        "/circuits/{destination}": {"destination": "out"}, "/assets/{file}": {"file": "app.js"},
    }


def settings(named):
    # What is well formed and still means nothing (a mapping that is none) is answered 422.
    lines = ["[checks.positive_data_acceptance]",
             'expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]']
    for path, values in named.items():
        # One path also begins others: an event's, and its raw body's.
        pattern = path.replace("{", "\\\\{").replace("}", "\\\\}")
        lines += ["[[operations]]", f'include-path-regex = "{pattern}"', "[operations.parameters]"]
        lines += [f'"path.{name}" = {json.dumps(value)}' for name, value in values.items()]
    return "\n".join(lines) + "\n"


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="gateway-api-") as name:
        directory = pathlib.Path(name)
        (directory / "gateway.json5").write_text(json.dumps({
            "listen": {"host": "127.0.0.1", "port": 0, "workers": 1}, "admin": {"port": 0}, "log": {"level": "info"},
            "sources": {"stripe": {"provider": "stripe", "secrets": [SECRET], "toleranceSeconds": 0}},
            "destinations": {
                "out": {"type": "file", "settings": {"path": str(directory / "out.jsonl")}},
                "nowhere": {"type": "file", "settings": {"path": str(directory / "none" / "out.jsonl")},
                            "retry": {"maxAgeSeconds": 1, "baseSeconds": 1}},
            },
        }))
        # What `send` sends.
        (directory / "fixtures").symlink_to(REPOSITORY / "fixtures")
        log = directory / "gateway.log"

        def run(*arguments):
            return subprocess.run([program, *arguments], cwd=directory, capture_output=True, text=True, check=True).stdout

        with log.open("wb") as output:
            gateway = subprocess.Popen([program, "serve"], cwd=directory, stdout=output, stderr=output)
        try:
            listen, admin = await_start(log, gateway)
            run("send", "stripe", "--to", f"http://{listen}", "--count", "20")
            run("send", "stripe", "--to", f"http://{listen}", "--tamper")
            token = run("token", "create", "--role", "admin").split()[0]
            run("token", "create", "--role", "viewer", "--name", "spare")
            (directory / "schemathesis.toml").write_text(settings(things(admin, token)))
            checker = pathlib.Path(sys.executable).parent / "schemathesis"
            return subprocess.run(
                [checker, "run", f"http://{admin}/api/openapi.json", "--header", f"Authorization: Bearer {token}", *OPTIONS,
                 *sys.argv[2:]], cwd=directory, check=False).returncode
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(60)


if __name__ == "__main__":
    sys.exit(main())

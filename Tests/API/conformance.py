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


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="gateway-api-") as name:
        directory = pathlib.Path(name)
        (directory / "gateway.json5").write_text(json.dumps({
            "listen": {"host": "127.0.0.1", "port": 0, "workers": 1}, "admin": {"port": 0}, "log": {"level": "info"},
            "sources": {"stripe": {"provider": "stripe", "secrets": [SECRET], "toleranceSeconds": 0}},
            "destinations": {"out": {"type": "file", "settings": {"path": str(directory / "out.jsonl")}}},
        }))
        # What is well formed and still means nothing (a mapping that is none) is answered 422.
        (directory / "schemathesis.toml").write_text(
            '[checks.positive_data_acceptance]\n'
            'expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]\n')
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
            token = run("token", "create", "--role", "admin").split()[0]
            checker = pathlib.Path(sys.executable).parent / "schemathesis"
            return subprocess.run(
                [checker, "run", f"http://{admin}/api/openapi.json", "--header", f"Authorization: Bearer {token}", *OPTIONS,
                 *sys.argv[2:]], cwd=directory, check=False).returncode
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(60)


if __name__ == "__main__":
    sys.exit(main())

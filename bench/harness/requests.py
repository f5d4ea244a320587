"""Signed webhook deliveries in a file, as the providers would send them: [u32 little-endian length][request]…

Each has an id of its own; the signatures are genuine, made with the benchmark's secrets.
"""

import base64
import hashlib
import hmac
import pathlib
import struct
import time

BODIES = pathlib.Path(__file__).resolve().parent.parent / "bodies"

STRIPE_SECRET = "whsec_bench_secret_0123456789abcdef"
SQUARE_KEY = "bench-square-signature-key"
SQUARE_URL = "https://hooks.example.com/webhooks/square"
QUICKBOOKS_TOKEN = "bench-quickbooks-verifier-token"
MAILCHIMP_SECRET = "bench-mailchimp-url-secret"

# Stripe's timestamp is checked: the servers get this tolerance, and a file is made anew well before it is over.
TOLERANCE_SECONDS = 604_800
FILE_LIFE_SECONDS = 432_000

# Events a delivery: what the queue grows by.
EVENTS = {"stripe": 1, "square": 1, "quickbooks": 3, "mailchimp": 1}


def stripe():
    template = (BODIES / "stripe.json").read_bytes()
    timestamp = str(int(time.time())).encode()
    keyed = hmac.new(STRIPE_SECRET.encode(), digestmod=hashlib.sha256)

    def request(index, serial):
        body = template.replace(b"@SERIAL@", serial).replace(b"@AMOUNT@", b"%06d" % (100_000 + index % 900_000))
        signature = keyed.copy()
        signature.update(timestamp + b"." + body)
        return (
            b"/webhooks/stripe",
            b"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
            b"Accept: */*; q=0.5, application/xml\r\nCache-Control: no-cache\r\n"
            b"Content-Type: application/json; charset=utf-8\r\n"
            b"Stripe-Signature: t=" + timestamp + b",v1=" + signature.hexdigest().encode() + b"\r\n",
            body,
        )

    return request


def square():
    template = (BODIES / "square.json").read_bytes()
    keyed = hmac.new(SQUARE_KEY.encode(), SQUARE_URL.encode(), hashlib.sha256)

    def request(_, serial):
        body = template.replace(b"@SERIAL@", serial)
        signature = keyed.copy()
        signature.update(body)
        return (
            b"/webhooks/square",
            b"User-Agent: Square Connect v2\r\nAccept: */*\r\nContent-Type: application/json\r\n"
            b"square-environment: Production\r\nsquare-initial-delivery-timestamp: 2026-11-20T18:27:03Z\r\n"
            b"x-square-hmacsha256-signature: " + base64.b64encode(signature.digest()) + b"\r\n"
            b"Accept-Encoding: gzip,deflate\r\n",
            body,
        )

    return request


def quickbooks():
    template = (BODIES / "quickbooks.json").read_bytes()
    keyed = hmac.new(QUICKBOOKS_TOKEN.encode(), digestmod=hashlib.sha256)

    def request(_, serial):
        body = template.replace(b"@SERIAL@", serial)
        signature = keyed.copy()
        signature.update(body)
        return (
            b"/webhooks/quickbooks",
            b"user-agent: intuit_notification_server/1.0\r\naccept: application/json\r\n"
            b"content-type: application/json; charset=utf-8\r\nintuit-created-time: 2026-11-20T21:31:26Z\r\n"
            b"intuit-t-id: dc60f59b-b021-4859-afae-374b3b4b3eb4\r\nintuit-notification-schema-version: 1.0\r\n"
            b"intuit-signature: " + base64.b64encode(signature.digest()) + b"\r\naccept-encoding: gzip\r\n",
            body,
        )

    return request


def mailchimp():
    template = (BODIES / "mailchimp.form").read_bytes()
    target = f"/webhooks/mailchimp?secret={MAILCHIMP_SECRET}".encode()

    def request(_, serial):
        return (
            target,
            b"User-Agent: MailChimp\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            template.replace(b"@SERIAL@", serial),
        )

    return request


PROVIDERS = {"stripe": stripe, "square": square, "quickbooks": quickbooks, "mailchimp": mailchimp}


def write(provider, count, path):
    """Writes `count` deliveries, under another name until they are complete."""
    make = PROVIDERS[provider]()
    partial = path.with_suffix(".partial")
    with open(partial, "wb", buffering=1 << 22) as file:
        for index in range(count):
            # An odd factor spreads the numbers over all digits, without repeating one.
            serial = b"%010x" % (index * 0x9E3779B97F % (1 << 40))
            target, fields, body = make(index, serial)
            request = (
                b"POST " + target + b" HTTP/1.1\r\nHost: hooks.example.com\r\n" + fields
                + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
            )
            file.write(struct.pack("<I", len(request)) + request)
    partial.rename(path)


def prepared(provider, count, directory):
    """The file with at least `count` deliveries, made if there is none or it is too old."""
    path = directory / f"{provider}-{count}.requests"
    newest_source = max(file.stat().st_mtime for file in [pathlib.Path(__file__), *BODIES.iterdir()])
    if path.exists():
        made = path.stat().st_mtime
        if made > newest_source and time.time() - made < FILE_LIFE_SECONDS:
            return path
    write(provider, count, path)
    return path

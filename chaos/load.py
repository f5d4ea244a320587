"""The provider: posts signed Stripe deliveries over real sockets and, as Stripe does, delivers again what got no 2xx."""

import asyncio
import hashlib
import hmac
import json
import random
import re
import time

SECRET = "whsec_chaos"


class Delivery:
    """One event of the provider, and every answer that was a 200."""

    def __init__(self, number):
        self.key = f"evt_chaos_{number:07d}"
        self.answers = []
        self.attempts = 0


class Provider:
    """Posts new deliveries at a rate, a few of them twice, until it is told to stop."""

    RETRY_SECONDS = (0.1, 1.0)
    ANSWER_SECONDS = 15.0
    AGAIN = 0.05  # the share that the provider delivers again although it got a 200

    def __init__(self, port, fixture, seed):
        with open(fixture, "rb") as file:
            body = file.read().partition(b"\r\n\r\n")[2]
        self.body = re.sub(rb'"id": *"evt_[A-Za-z0-9]*"', b'"id": "@KEY@"', body, count=1)
        assert b"@KEY@" in self.body, f"{fixture} has no event id"
        self.port = port
        self.random = random.Random(seed)
        self.deliveries = []
        self.statuses = {}
        self.unanswered = 0
        self._open = set()

    @property
    def waiting(self):
        """How many deliveries have no 200 yet."""
        return len(self._open)

    async def run(self, rate, stop):
        """Begins `rate` deliveries a second until the event `stop`; at most 400 wait for their 200 at a time."""
        next_at = time.monotonic()
        while not stop.is_set():
            next_at = max(next_at + 1 / rate, time.monotonic() - 1)
            await asyncio.sleep(max(0, next_at - time.monotonic()))
            if len(self._open) < 400:
                self.begin()

    def begin(self):
        delivery = Delivery(len(self.deliveries))
        self.deliveries.append(delivery)
        task = asyncio.create_task(self._deliver(delivery))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def finish(self, bound):
        """Waits until every delivery has its 200."""
        if self._open:
            await asyncio.wait(list(self._open), timeout=bound)
        if self._open:
            raise AssertionError(f"{len(self._open)} deliveries got no 200 within {bound:.0f} s of calm: {self.statuses}")

    async def _deliver(self, delivery):
        wanted = 2 if self.random.random() < self.AGAIN else 1
        while len(delivery.answers) < wanted:
            delivery.attempts += 1
            try:
                status, body = await asyncio.wait_for(self._post(delivery), self.ANSWER_SECONDS)
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 200:
                    delivery.answers.append(json.loads(body))
                    continue
            except (OSError, EOFError, ValueError, asyncio.TimeoutError):
                self.unanswered += 1
            await asyncio.sleep(self.random.uniform(*self.RETRY_SECONDS))

    async def _post(self, delivery):
        body = self.body.replace(b"@KEY@", delivery.key.encode())
        now = int(time.time())
        signature = hmac.new(SECRET.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
        head = (
            f"POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nStripe-Signature: t={now},v1={signature}\r\nConnection: close\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            answer = await reader.read()
        finally:
            writer.transport.abort()
        head, separator, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if not separator or not length or len(body) != int(length[1]):
            raise EOFError("the answer was cut off")
        return int(head.split(b" ", 2)[1]), body

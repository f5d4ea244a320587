"""The destination `crm`: an HTTP server that notes each event it has answered 200."""

import asyncio
import json
import time


class Receiver:
    def __init__(self):
        self.port = 0
        self.is_failing = False
        # (provider's key, event id, Unix nanoseconds), in order of arrival
        self.received = []

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                event = json.loads(await reader.readexactly(length))
                if self.is_failing:
                    writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
                else:
                    self.received.append((event["providerid"], event["id"], time.time_ns()))
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

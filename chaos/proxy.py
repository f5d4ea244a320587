"""A connection between two processes, through which the test cuts, holds and delays what they say to each other."""

import asyncio
import contextlib


class Link:
    """Listens on a port of its own and passes every connection on to `target`: a unix socket's path, or a port."""

    def __init__(self, name, target):
        self.name = name
        self.target = target
        self.port = 0
        self.delay = 0.0
        self.flow = asyncio.Event()
        self.flow.set()
        self.lost_answers = 0
        self._writers = set()

    async def start(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self):
        """Resets every connection; new ones are accepted."""
        for writer in list(self._writers):
            writer.transport.abort()

    def lose_answers(self, count):
        """The next `count` answers do not arrive: what was asked for has been done, and nobody hears of it."""
        self.lost_answers = count

    async def close(self):
        self._server.close()
        self.flow.set()
        self.cut()

    async def _accept(self, reader, writer):
        try:
            await self._connect(reader, writer)
        except asyncio.CancelledError:
            pass  # the end of the test; asyncio's streams complain of a handler that was cancelled

    async def _connect(self, reader, writer):
        self._writers.add(writer)
        try:
            if isinstance(self.target, int):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            else:
                far_reader, far_writer = await asyncio.open_unix_connection(self.target)
        except OSError:
            self._writers.discard(writer)
            writer.transport.abort()
            return
        self._writers.add(far_writer)
        await asyncio.gather(
            self._pump(reader, far_writer, False), self._pump(far_reader, writer, True), return_exceptions=True
        )
        for end in (writer, far_writer):
            self._writers.discard(end)
            # A connection that has been lost meanwhile has no loop any more, of which asyncio's abort knows nothing.
            with contextlib.suppress(AttributeError):
                end.transport.abort()

    async def _pump(self, reader, writer, is_answer):
        try:
            while data := await reader.read(65536):
                await self.flow.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                if is_answer and self.lost_answers > 0:
                    self.lost_answers -= 1
                    reader._transport.abort()
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        # The other direction ends with this one: neither Redis nor our HTTP peers use half-closed connections.
        writer.transport.abort() if is_answer else writer.close()

"""The little of Redis' protocol that the test and its worker need: one blocking connection, commands in, values out."""

import socket


class RedisError(Exception):
    """What Redis answered instead of a value."""


class Redis:
    """A connection to a unix socket (`/path`) or to a port of this machine (an integer)."""

    def __init__(self, place, timeout=10.0):
        if isinstance(place, int):
            self.socket = socket.create_connection(("127.0.0.1", place), timeout)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(place)
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, commands):
        """Sends all commands, then reads as many answers; an error among them is raised."""
        request = []
        for words in commands:
            request.append(b"*%d\r\n" % len(words))
            for word in words:
                data = word if isinstance(word, bytes) else str(word).encode()
                request.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self.socket.sendall(b"".join(request))
        answers = [self._answer() for _ in commands]
        for answer in answers:
            if isinstance(answer, RedisError):
                raise answer
        return answers

    def close(self):
        self.file.close()
        self.socket.close()

    def _answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._bytes(int(rest))
        return None if rest == b"-1" else [self._answer() for _ in range(int(rest))]

    def _bytes(self, count):
        data = self.file.read(count + 2)
        if len(data) != count + 2:
            raise ConnectionError("Redis closed the connection")
        return data[:-2]

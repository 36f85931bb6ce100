"""A load of HTTP requests over a number of connections. The client must cost little, so it is a bare one."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

LENGTH = b"content-length: "
LOAD_TIMEOUT = 60  # seconds for a whole load


@dataclass(frozen=True)
class Request:
    """One kind of request: `path` and `body` are made anew for each, from its number."""

    method: str
    path: Callable[[int], str]
    body: Callable[[int], str] = lambda number: ""
    expected: bytes = b"200"

    def bytes(self, number: int) -> bytes:
        """Return the request as it is sent."""
        body = self.body(number).encode()
        head = f"{self.method} {self.path(number)} HTTP/1.1\r\nHost: test\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body


async def load(host: str, port: int, request: Request, connections: int, total: int) -> float:
    """Send `total` requests over so many connections, each with one at a time; return requests per second.

    Raise `RuntimeError` for an answer with another status than expected, `TimeoutError` after `LOAD_TIMEOUT`.
    """
    numbers = iter(range(total))

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            for number in numbers:
                writer.write(request.bytes(number))
                head = await reader.readuntil(b"\r\n\r\n")
                if head[9:12] != request.expected:
                    raise RuntimeError(head.decode())
                at = head.lower().index(LENGTH) + len(LENGTH)
                await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        finally:
            writer.close()

    started = time.perf_counter()
    async with asyncio.timeout(LOAD_TIMEOUT), asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one_connection())
    return total / (time.perf_counter() - started)

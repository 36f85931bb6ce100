"""Run an application on a real server, inside the notebook's event loop, for as long as a block lasts."""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn

GRACE = 1  # seconds for what is still going on when the block ends; then it is cancelled
RESPONSE_TIMEOUT = 30.0  # seconds the client waits for a response


@asynccontextmanager
async def serve(
    app: Callable[..., Any], env: Mapping[str, str] | None = None, log_level: str = "warning"
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an ASGI application on a free port of this machine while the block runs.

        async with serve(app, env={"TODO_DATABASE_URL": url}) as client:
            response = await client.get("/")

    The client knows the server's address: `client.base_url`, which a browser can open too. The
    application's lifespan runs, and whatever it raises is raised here, at the begin or at the end of the
    block. `env` is set while the application starts, and taken back before the block begins. An error in an
    endpoint is logged with its traceback; `log_level="critical"` keeps that out of a lesson. At the end
    requests have `GRACE` seconds to finish, and nothing is left: no task, no port, no connection.
    """
    with socket.socket() as listener, _log_level(log_level):
        listener.bind(("127.0.0.1", 0))
        server = _Server(app)
        try:
            with _environment(env or {}):
                await server.start(listener)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            # No proxy: it could not reach this port. No certificates: loading them stops the loop for 50 ms.
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            async with httpx.AsyncClient(
                base_url=url, timeout=RESPONSE_TIMEOUT, trust_env=False, verify=tls
            ) as client:
                yield client
        finally:
            await server.stop()
        if server.failure:
            raise server.failure


class _Server(uvicorn.Server):
    """A server that ends with its block instead of with a signal, and keeps what the lifespan raised."""

    def __init__(self, app: Callable[..., Any]) -> None:
        super().__init__(
            uvicorn.Config(
                self._call,
                interface="asgi3",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self.app = app
        self.failure: Exception | None = None
        self.tasks: set[asyncio.Task[Any]] = set()
        self.servers: list[asyncio.Server] = []
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: Jupyter's interrupt must stop the cell."""
        yield

    async def start(self, listener: socket.socket) -> None:
        """Return when the server takes requests. Raise what kept the application from starting."""
        task = asyncio.create_task(self._run(listener), name="uvicorn")
        self.tasks.add(task)
        with _log_level("critical"):  # what goes wrong is raised: no need to log it, too
            await self.ready.wait()
        if not self.started:
            await asyncio.wait([task])
            raise self.failure or task.exception() or RuntimeError("the application did not start")
        self.failure = None  # an application may refuse the lifespan, and uvicorn serves it all the same

    async def stop(self) -> None:
        """End the server. When this is cancelled in its turn, cancel everything instead of waiting for it."""
        self.should_exit = True
        with _log_level("critical"):
            try:
                if self.started:
                    await asyncio.wait(self.tasks)
            finally:
                await self._end_what_is_left()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then tell that the server is ready."""
        await super().startup(sockets=sockets)
        self.ready.set()

    async def _run(self, listener: socket.socket) -> None:
        try:
            await self.serve(sockets=[listener])
        except SystemExit:
            pass  # uvicorn's answer to an application that does not start; it must not end the kernel
        finally:
            self.ready.set()

    async def _call(
        self, scope: MutableMapping[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        if scope["type"] == "lifespan":
            task = asyncio.current_task()
            assert task, "a coroutine runs in a task"
            self.tasks.add(task)
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if scope["type"] == "lifespan":
                self.failure = error
            raise

    async def _end_what_is_left(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        left = {task for task in self.tasks | self.server_state.tasks if not task.done()}
        for task in left:
            if not task.cancelling():
                task.cancel()
        # They may need a moment to close what they opened: no second cancellation, theirs or ours, cuts that
        # short.
        now = asyncio.get_running_loop().time
        cancelled, until = None, now() + GRACE
        while left and now() < until:
            try:
                _, left = await asyncio.wait(left, timeout=until - now())
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled:
            raise cancelled


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _log_level(level: str) -> Iterator[None]:
    logger = logging.getLogger("uvicorn.error")
    before = logger.level
    logger.setLevel(level.upper())
    try:
        yield
    finally:
        logger.setLevel(before)

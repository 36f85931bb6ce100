"""FastAPI, its test client, and pytest."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import AsyncSession

from . import Elsewhere, provokes
from .sandbox import REPOSITORY, Project, Sandbox

PYPROJECT = str(REPOSITORY / "pyproject.toml")


@provokes("lifespan-not-run")
async def client_without_lifespan(sandbox: Sandbox) -> None:
    """ASGITransport starts no lifespan, so nothing has filled `app.state`."""
    app = FastAPI()

    @app.get("/")
    async def read(request: Request) -> None:
        print(request.app.state.session_factory)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/")


@provokes("client-app-argument")
async def client_with_app(sandbox: Sandbox) -> None:
    """Httpx took `app=` until version 0.27."""
    httpx.AsyncClient(app=FastAPI(), base_url="http://test")


@provokes("synchronous-client-awaited")
async def synchronous_client_awaited(sandbox: Sandbox) -> None:
    """The client was kept when the test became asynchronous."""
    await TestClient(FastAPI()).get("/")


@provokes("commit-after-response")
async def commit_in_teardown(sandbox: Sandbox) -> BaseException:
    """The client has its 200 before the commit fails."""
    app = FastAPI()
    async with sandbox.sqlite() as factory:

        async def get_session() -> AsyncIterator[AsyncSession]:
            async with factory() as session:
                yield session
                await session.commit()

        @app.post("/")
        async def create(session: Annotated[AsyncSession, Depends(get_session)]) -> str:
            session.add(Project(name="garden"))  # there is one of this name
            return "saved"

        quiet = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=quiet, base_url="http://test") as client:
            response = await client.post("/")
            assert (response.status_code, response.json()) == (200, "saved")
        loud = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=loud, base_url="http://test") as client:
            await client.post("/")


@provokes("no-base-url")
async def path_alone(sandbox: Sandbox) -> None:
    """A path does not say to which host it belongs."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(FastAPI())) as client:
        await client.get("/")


@provokes("no-base-url")
async def path_alone_over_the_network(sandbox: Sandbox) -> None:
    """Without an app httpx notices earlier."""
    async with httpx.AsyncClient() as client:
        await client.get("/")


@provokes("invalid-response-field")
def session_without_depends(sandbox: Sandbox) -> None:
    """FastAPI looks for it in the request."""

    @FastAPI().get("/")
    async def read(session: AsyncSession) -> str:
        return str(session)


@provokes("invalid-response-field")
def table_as_output(sandbox: Sandbox) -> None:
    """A class of a table is no model of pydantic."""

    @FastAPI().get("/")
    async def read() -> Project:
        return Project()


@provokes("dependency-swallows")
async def error_swallowed(sandbox: Sandbox) -> None:
    """The endpoint's 404 never reaches FastAPI."""

    async def get_number() -> AsyncIterator[int]:
        with suppress(Exception):
            yield 1

    await ask(Depends(get_number))


@provokes("dependency-called")
async def override_called(sandbox: Sandbox) -> None:
    """FastAPI would call what the call has returned."""

    def get_number() -> int:
        return 1

    app = FastAPI()
    app.dependency_overrides[get_number] = get_number()
    await ask(Depends(get_number), app)


@provokes("dependency-called")
async def dependency_called(sandbox: Sandbox) -> None:
    """The same in `Depends`."""
    await ask(Depends({"number": 1}.copy()))


async def ask(dependency: Any, app: FastAPI | None = None) -> None:
    """Ask an endpoint that has a dependency and answers 404."""
    app = app or FastAPI()

    @app.get("/")
    async def read(number: int = dependency) -> int:
        raise HTTPException(404, str(number))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/")


@provokes("depends-by-hand")
async def endpoint_called_by_hand(sandbox: Sandbox) -> None:
    """Nobody has put the session in its place."""

    async def read(session: AsyncSession = Depends(AsyncSession)) -> object:  # noqa: B008
        return await session.get(Project, 1)

    await read()


TEST = """
import pytest

@pytest.fixture
async def number():
    return 2

@pytest.mark.asyncio
async def test_number(number):
    pass
"""
TELL = """
from todo_lib.lab.errors.lookup import find

def pytest_exception_interact(call):
    print("found:", find(call.excinfo.value).key)
"""


@provokes("async-fixture-strict")
def plain_fixture(sandbox: Sandbox) -> Elsewhere:
    """`@pytest.fixture` on an `async def`, in strict mode."""
    (sandbox.folder / "test_it.py").write_text(TEST, "utf-8")
    (sandbox.folder / "conftest.py").write_text(TELL, "utf-8")
    plugins = ("-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider")
    done = sandbox.python("-m", "pytest", "-s", "-q", "-W", "error", *plugins, "-c", PYPROJECT)
    key = re.search("found: (.+)", done.stdout)
    assert key, done.stdout + done.stderr
    return Elsewhere(key[1], done.stdout)

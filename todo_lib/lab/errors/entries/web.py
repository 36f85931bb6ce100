"""FastAPI, its test client, and pytest."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import response_was_sent
from todo_lib.lab.errors.topics import ENDPOINT_TESTS, ENDPOINTS, TESTS

ENTRIES = (
    Entry(
        key="lifespan-not-run",
        title="The lifespan has not run: `app.state` is empty",
        happened="The endpoint looked in `app.state` for what the lifespan, the function around the"
        " application's life, should have put there.",
        why="A server runs the lifespan; `ASGITransport` in a test does not. After another test that left"
        " something in `app.state` the same test passes.",
        fix="Run the lifespan around the client; or override the dependency that looks there.",
        code="transport = ASGITransport(app)\nasync with app.router.lifespan_context(app):\n"
        "    async with AsyncClient(transport=transport, base_url='http://testserver') as client:\n"
        "        ...",
        topic=ENDPOINT_TESTS,
        url="https://fastapi.tiangolo.com/advanced/async-tests/",
        matchers=(Matcher(("AttributeError",), "^'State' object has no attribute"),),
    ),
    Entry(
        key="client-app-argument",
        title="`AsyncClient(app=…)` is a thing of the past",
        happened="httpx no longer takes the application as an argument.",
        why="The short form was removed in httpx 0.28. Older articles, and much code, still show it.",
        fix="Hand the application over through a transport.",
        code="AsyncClient(transport=ASGITransport(app), base_url='http://testserver')",
        topic=ENDPOINT_TESTS,
        url="https://www.python-httpx.org/advanced/transports/#asgi-transport",
        matchers=(Matcher(("TypeError",), r"Client\.__init__\(\) got an unexpected keyword argument 'app'"),),
    ),
    Entry(
        key="synchronous-client-awaited",
        title="The answer is here already: the client is a synchronous one",
        happened="`await` met a response. `TestClient`, like every synchronous client, returns it at once.",
        why="`TestClient` runs the app in an event loop of its own,"
        " in another thread. Nothing is left to await.",
        fix="In an async test use `AsyncClient` with `ASGITransport`.",
        code="AsyncClient(transport=ASGITransport(app), base_url='http://testserver')",
        topic=ENDPOINT_TESTS,
        url="https://fastapi.tiangolo.com/advanced/async-tests/",
        matchers=(Matcher(("TypeError",), r"\bResponse'? (object )?can't be (used in 'await'|awaited)"),),
        rank=10,  # more than `await` on just anything
    ),
    Entry(
        key="async-fixture-strict",
        title="An async fixture that nobody runs",
        happened="pytest met an `async def` fixture and has nobody who would await it.",
        why="In strict mode pytest-asyncio runs only fixtures that say so."
        " `@pytest.fixture` does not say it.",
        fix="Use its own decorator, and the mark on the test.",
        code="@pytest_asyncio.fixture\nasync def client():\n    ...\n\n@pytest.mark.asyncio\n"
        "async def test_it(client):\n    ...",
        topic=TESTS,
        url="https://pytest-asyncio.readthedocs.io/en/stable/concepts.html#test-discovery-modes",
        matchers=(Matcher(message=r"requested an async fixture .* with no plugin or hook that handled it"),),
    ),
    Entry(
        key="commit-after-response",
        title="The commit failed after the client was told that all is well",
        happened="The answer, with its 200, had been sent when the database refused the commit.",
        why="FastAPI runs what follows `yield` in a dependency after the response, by default. A commit there"
        " can no longer change the answer.",
        fix="Commit in the store or the endpoint; or let the dependency end before the response.",
        code='Session = Annotated[AsyncSession, Depends(get_session, scope="function")]',
        topic=ENDPOINTS,
        url="https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#early-exit-and-scope",
        matchers=(Matcher(("SQLAlchemyError",), test=response_was_sent),),
        notice="The client sees 200 and the row is not there; only the server's log has the error. Test with"
        " a second request.",
        rank=10,  # that the client was told otherwise matters more than what exactly went wrong
    ),
    Entry(
        key="no-base-url",
        title="The client needs a `base_url`",
        happened="The client was given a path such as `/api/todo`, and does not know to which host it"
        " belongs.",
        why="httpx sends requests to whole addresses. `base_url` is put in front of every path; with"
        " `ASGITransport` any host will do.",
        fix="Name one when you make the client.",
        code="AsyncClient(transport=ASGITransport(app), base_url='http://testserver')",
        topic=ENDPOINT_TESTS,
        url="https://fastapi.tiangolo.com/advanced/async-tests/",
        matchers=(
            Matcher(("UnsupportedProtocol",), r"missing an 'http://' or 'https://' protocol"),
            Matcher(("ValueError",), r"^unknown url type: '/"),
        ),
    ),
    Entry(
        key="invalid-response-field",
        title="FastAPI takes a class for data that is none: “Invalid args for response field”",
        happened="A parameter or the return type of the endpoint is a class that pydantic cannot handle. The"
        " message names it.",
        why="Two ways lead here: a session without `Depends`, which FastAPI then looks for in the request;"
        " or an ORM model where an output model must stand.",
        fix="`AsyncSession`: write it with `Depends`. A class of your tables: name a pydantic model, as"
        " `response_model` or parameter.",
        code="async def read(session: Annotated[AsyncSession, Depends(get_session)]) -> TaskOutput: ...",
        topic=ENDPOINTS,
        url="https://fastapi.tiangolo.com/tutorial/sql-databases/#create-a-session-dependency",
        matchers=(Matcher(("FastAPIError",), r"^Invalid args for response field"),),
    ),
    Entry(
        key="dependency-swallows",
        title="A dependency swallowed the endpoint's error",
        happened="An `except` around the `yield` of a dependency caught what the endpoint raised, and did"
        " not raise it again: “Response not awaited”.",
        why="FastAPI raises the endpoint's error at the `yield`. If it ends there, nobody is left to answer.",
        fix="End such an `except` with `raise`; better, use `async with`, which needs none.",
        code="try:\n    yield session\nexcept Exception:\n    await session.rollback()\n    raise",
        topic=ENDPOINTS,
        url="https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/",
        matchers=(
            Matcher(("FastAPIError",), r"^Response not awaited"),
            Matcher(("RuntimeError",), r"^No response returned"),
        ),
    ),
    Entry(
        key="dependency-called",
        title="A dependency was called, where it must be handed over",
        happened="`Depends(f())`, or `dependency_overrides[f] = g()`: FastAPI got what the call returned: “…"
        " is not a callable object”.",
        why="FastAPI itself calls a dependency, anew for each request.",
        fix="Hand over the function, without parentheses.",
        code="app.dependency_overrides[get_store] = get_test_store\n"
        "Store = Annotated[DataStore, Depends(get_store)]",
        topic=ENDPOINT_TESTS,
        url="https://fastapi.tiangolo.com/advanced/testing-dependencies/",
        matchers=(Matcher(("TypeError",), r"is not a callable object$", r"fastapi/.*"),),
    ),
    Entry(
        key="depends-by-hand",
        title="`Depends` itself, where the dependency should be",
        happened="A name stands for `Depends(…)`: nobody has called the dependency and put its result in the"
        " place.",
        why="Only FastAPI does that, in the parameters of an endpoint or of another dependency. In a"
        " function that you call yourself, it stays a `Depends`.",
        fix="Give the argument yourself: `await read(session=session)`; or ask the app through a client.",
        code="async with factory() as session:\n    await read(session=session)",
        topic=ENDPOINTS,
        url="https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/",
        matchers=(Matcher(("AttributeError", "TypeError"), r"'Depends' object"),),
    ),
)

"""Clues on any answer that is a file: mistakes that tests, fixtures and stores share, and the next step."""

from todo_lib.lab.checks.advice import KnownMistake

CLIENT = r"\bAsyncClient\b"  # in the code: the answer asks the app, it is not a part of it

# What an import finds, and Python before it.
_READING = (
    KnownMistake("`await` belongs to the call: `not await …`.", facts=r"`.*\bawait not\b.*`\nSyntaxError"),
    KnownMistake(
        "`async` is a keyword of Python. The mark is called `asyncio`.", facts=r"`@pytest\.mark\.async`"
    ),
    KnownMistake(
        "A fixture takes no mark. It has one decorator: `@pytest_asyncio.fixture`.",
        facts="Marks cannot be applied to fixtures",
    ),
    KnownMistake(
        "The mark is pytest's own: `@pytest.mark.asyncio`. "
        "From `pytest_asyncio` comes the fixture's decorator.",
        facts="module 'pytest_asyncio' has no attribute 'mark'",
    ),
    KnownMistake(
        "This file does not define it. Import it at the top of your answer, "
        "or use what the function is given.",
        facts=r"^reason: NameError: ",
    ),
    KnownMistake(
        "The two files import each other. Which import can go? `request.app` is the application, too.",
        facts="^reason: ImportError: .*(partially initialized|circular import)",
    ),
    KnownMistake(
        "Something here ends the whole run: `exit()`, `sys.exit()`, `raise SystemExit`. Take it out.",
        facts="^reason: SystemExit",
    ),
    KnownMistake(
        "Python stopped at this line when it imported the file. What does the reason say of it?",
        facts=r"^✗ tests/\S+\.py\n(.*\n)*reason: (?!ImportError|ModuleNotFoundError)",
    ),
)
_FIXTURES = (
    KnownMistake(
        "Close behind the `yield` what the fixture has opened: `await dispose(factory)`.",
        code=r"@pytest(_asyncio)?\.fixture",
        facts="^reason: (ResourceWarning|PytestUnhandledThreadExceptionWarning)",
    ),
    KnownMistake(
        "pytest looks for tests in classes whose names begin with `Test`.",
        code=r"(?m)^class (?!Test)\w+.*:(\n+ .*)*\n +(async )?def test_",
        facts="found no test|tests ran, at least",
    ),
    KnownMistake(
        "Does the decorator begin with `@`?",
        code=r"(?m)^pytest(_asyncio)?\.fixture",
        facts=r"^reason: LookupError: fixture '\w+' not found",
    ),
    KnownMistake(
        "No fixture has this name. A fixture needs a decorator of its own: `@pytest_asyncio.fixture`.",
        facts=r"^reason: LookupError: fixture '\w+' not found",
    ),
    KnownMistake(
        "Take the override back behind the `yield`: `app.dependency_overrides.clear()`.",
        facts="still holds an override",
    ),
)
_STORE = (
    KnownMistake(
        "The store wants the factory, not a session: "
        "`DataStoreDb(factory)`, without brackets behind `factory`.",
        facts=r"^reason: TypeError: 'AsyncSession' object is not callable",
    ),
    KnownMistake(
        "No session is opened here, so no `with`: "
        "the store wants the factory, and each of its calls opens one.",
        code=r"DataStoreDb\(session\)",
        facts=r"^reason: TypeError: 'AsyncSession' object does not support the context manager",
    ),
    KnownMistake(
        "The connections are the engine's: `await factory.kw['bind'].dispose()`.",
        code=r"async def dispose\(",
        facts=r"'async_sessionmaker' object has no attribute '(dispose|a?close|close_all)'",
    ),
    KnownMistake(
        "The connections are not the factory's but its engine's: `await dispose(factory)`.",
        facts=r"'async_sessionmaker' object has no attribute '(dispose|a?close|close_all)'",
    ),
)
_CLIENT = (
    KnownMistake(
        "Hand over the function itself, without parentheses: FastAPI calls it for each request.",
        code=r"dependency_overrides\[get_db\] = (await )?\w+\(\)",
    ),
    KnownMistake(
        "The app goes into a transport: `AsyncClient(transport=ASGITransport(app), …)`.",
        facts=r"'FastAPI' object has no attribute '__aenter__'|"
        r"AsyncClient\.__init__\(\) takes 1 positional argument",
    ),
    KnownMistake(
        "422: the app cannot read what was sent. A dictionary is sent as JSON by `json=…`.",
        code=CLIENT,
        facts=r"^reason: AssertionError: assert 422 ==",
    ),
    KnownMistake(
        "307: a redirect to another path. This one ends with a slash: `/api/todo/`.",
        code=CLIENT,
        facts=r"^reason: AssertionError: assert 307 ==",
    ),
)
_ENDPOINTS = (
    KnownMistake(
        "The address of the list ends with a slash: write `/`, not an empty text. Else it is a redirect.",
        code=r"@\w+\.(get|post)\(\s*[\"']{2}[,)]",
        facts=r"\b307\b|string indices must be|JSONDecodeError",
    ),
    KnownMistake(
        "FastAPI knows the request by its type: `request: Request`. Without it, it asks the client.",
        code=r"(async )?def \w+\([^)]*\brequest\s*[,)]",
        facts=r"^reason: .*(\b422\b|Unprocessable|'request')",
    ),
    KnownMistake(
        "What the endpoint returns is not what it promises behind `->`. Is a `return` missing?",
        facts="^reason: ResponseValidationError",
    ),
)
_AWAITING = (
    KnownMistake(
        "`await` takes all up to the end of the chain. Put parentheses around the call: `(await …).name`.",
        facts=r"^line: `.*\bawait [\w.]+\(.*\)\.\w.*`\nreason: .*'coroutine' object",
    ),
)

FILE_MISTAKES = (*_READING, *_FIXTURES, *_STORE, *_CLIENT, *_ENDPOINTS, *_AWAITING)

"""An error inside another: the panel explains the inner one, and says what `except` must name."""

import pytest
import sqlalchemy
from sqlalchemy.exc import StatementError

from tests.lab.provoke.loading import read_collection, read_collection_asyncpg
from tests.lab.provoke.sandbox import Sandbox
from todo_lib.lab.aio.unawaited import catch_unawaited
from todo_lib.lab.errors.lookup import explain

KNOWN = "try: undefined_name\nexcept NameError as e: "


class Outer(Exception):
    """Wraps another error as SQLAlchemy does."""

    def __init__(self, orig: BaseException) -> None:
        super().__init__("outer")
        self.orig = orig


@pytest.mark.parametrize(
    ("statement", "catches", "inside"),
    [
        ("undefined_name", "", ""),
        (KNOWN + "1 / 0", "", ""),
        (KNOWN + "raise Outer(e)", "except Outer", "error.orig"),
        (KNOWN + "raise ValueError from e", "except ValueError", "error.__cause__"),
        (KNOWN + "raise ExceptionGroup('g', [KeyError('x'), e])", "except* NameError", "ExceptionGroup"),
        (
            KNOWN + "raise ExceptionGroup('g', [ExceptionGroup('h', [Outer(e)])])",
            "except* Outer",
            "error.orig",
        ),
    ],
)
def test_explain_says_what_except_must_name(statement: str, catches: str, inside: str) -> None:
    """Whoever writes `except NameError` around a wrapped one catches nothing."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (any error may be the one)
        exec(statement, {"Outer": Outer})  # noqa: S102
    lines = [line for line in explain(caught.value).lines if "catches it" in line]
    assert bool(lines) == bool(catches)
    assert all(f"`{catches}` catches it" in line and inside in line for line in lines)


@pytest.mark.asyncio
@pytest.mark.skipif(sqlalchemy.__version__ < "2.1", reason="2.0 does not wrap it")
async def test_a_hidden_query_is_wrapped(sandbox: Sandbox) -> None:
    """SQLAlchemy 2.1 puts the MissingGreenlet of aiosqlite into a StatementError."""
    with catch_unawaited():
        with pytest.raises(StatementError) as caught:
            await read_collection(sandbox)
        note = explain(caught.value)
        assert "The `MissingGreenlet` is wrapped: `except StatementError` catches it" in repr(note)
        del caught


@pytest.mark.asyncio
async def test_a_hidden_query_is_not_wrapped_with_asyncpg(sandbox: Sandbox) -> None:
    """There nothing need be said."""
    with catch_unawaited():
        with pytest.raises(sqlalchemy.exc.MissingGreenlet) as caught:
            await read_collection_asyncpg(sandbox)
        assert "catches it" not in repr(explain(caught.value))
        del caught

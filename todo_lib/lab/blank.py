"""`____`: the place a learner fills in."""

import dis
import types
from collections.abc import Generator, Iterator
from typing import Any, Self

NAME = "____"


class Blank:
    """Stands in for code that is not written yet: whatever is done with it gives another blank.

    So a cell with blanks runs through without a traceback, and the check says that it is not started.
    """

    def __repr__(self) -> str:
        return "– not started: ____ stands here"

    def __call__(self, *args: Any, **kwargs: Any) -> Self:  # noqa: D102 (as the class says)
        return self

    def __getattr__(self, name: str) -> "Blank":
        if name.startswith("_"):  # Python and IPython ask for these to find out what an object can do
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Self:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield  # makes this a generator: an awaitable that is ready at once

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass


BLANK = Blank()


def line_of_blank(function: types.FunctionType) -> int | None:
    """Return the first line of the function that holds `____`; 0 if a default value does; None if none."""
    if any(isinstance(value, Blank) for value in function.__defaults__ or ()):
        return function.__code__.co_firstlineno
    return _line_in(function.__code__)


def _line_in(code: types.CodeType) -> int | None:
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        if instruction.starts_line is not None and instruction.starts_line is not True:
            line = _line_of(instruction) or line
        if instruction.argval == NAME:
            return _line_of(instruction) or line
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType) and (found := _line_in(constant)):
            return found
    return None


def _line_of(instruction: dis.Instruction) -> int | None:
    return instruction.positions.lineno if instruction.positions else None

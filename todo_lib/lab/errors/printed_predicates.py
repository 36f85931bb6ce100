"""What no pattern can say, asked of a text: each answers as its counterpart in `predicates.py`, or None."""

import re

from todo_lib.lab.errors import printed_lines
from todo_lib.lab.errors.model import Pasted, PrintedTest, Test
from todo_lib.lab.errors.predicates import (
    FASTAPI,
    await_came_too_late,
    database_computes_it,
    letter_is_an_answer,
    pydantic_read_a_column,
    pydantic_read_a_relationship,
    pydantic_read_computed,
    pydantic_read_kept,
    response_was_sent,
    validated_a_row,
)

AFTER_YIELD = "await anext(self.gen)"  # how contextlib goes on with a generator whose block has succeeded


def await_is_printed_too_late(pasted: Pasted) -> bool | None:
    """Return the same of the line that a traceback shows: it awaits a call, and misses what follows that."""
    awaited = re.search(r"\bawait\s+(?:\w+\.)*(\w+)\(", pasted.code)
    missed = re.search(r"has no attribute '(\w+)'", pasted.text)
    if awaited is None and (not pasted.code or pasted.code.startswith(")")):
        return None  # Python shows the last line only of a call that takes several
    return awaited is not None and (missed is None or awaited[1] != missed[1])


def letter_is_printed(pasted: Pasted) -> bool | None:
    """Return the same of the line that a traceback shows."""
    return re.search(r"\.(predict|answer)\(\w\)", pasted.code) is not None if pasted.code else None


def only_some_are_printed(pasted: Pasted) -> bool | None:
    """Return whether the query that was denied, if it is printed, leaves out the key it asks by.

    After a commit everything is read again; after a flush what the database has computed, nothing else.
    """
    query = re.search(r"\[SQL: SELECT (.*?)FROM .*?WHERE (\S+) = ", pasted.text, re.DOTALL)
    return None if query is None else query[2] not in re.findall(r"[\w.]+", query[1])


def pydantic_printed_a_column(pasted: Pasted) -> bool | None:
    """Return whether the query that pydantic was denied, if it is printed, selects what was to be read."""
    read = re.search(r"^(\w+)(?:\.\w+)*\n +Error extracting|'loc': \(.*?'(\w+)'\)", pasted.text, re.MULTILINE)
    query = re.search(r"\[SQL: SELECT (.*?)FROM", pasted.text, re.DOTALL)
    if read is None or query is None:
        return None
    return re.search(rf"\.{read[1] or read[2]}\b", query[1]) is not None


def pydantic_printed_a_relationship(pasted: Pasted) -> bool | None:
    """Return the opposite, if it can be told."""
    column = pydantic_printed_a_column(pasted)
    return None if column is None else not column


def pydantic_may_have_read_a_column(pasted: Pasted) -> bool | None:
    """Return False if it was a relationship; what expired a column is not printed."""
    return False if pydantic_printed_a_column(pasted) is False else None


def row_is_printed_as_validated(pasted: Pasted) -> bool | None:
    """Return whether a field is missing in what is printed as a tuple; the first line alone lacks that."""
    if "'type': " not in pasted.text and "type=" not in pasted.text:
        return None if "\n" not in pasted.text else False
    missing = r"'type': 'missing'.*?'input': \(|type=missing.*?input_type=Row\b"
    return re.search(missing, pasted.text, re.DOTALL) is not None


def response_is_printed_as_sent(pasted: Pasted) -> bool | None:
    """Return the same of a traceback: FastAPI ran what follows a dependency's `yield` at the very end."""
    if not pasted.call(FASTAPI):
        return None
    at_the_end = r"^(?:-+> *\d+)? +async with AsyncExitStack\(\) as request_stack"
    return re.search(at_the_end, pasted.above, re.MULTILINE) is not None and AFTER_YIELD in pasted.above


PRINTED_TESTS: dict[Test, PrintedTest] = {
    **printed_lines.PRINTED_TESTS,
    await_came_too_late: await_is_printed_too_late,
    letter_is_an_answer: letter_is_printed,
    database_computes_it: only_some_are_printed,
    pydantic_read_a_column: pydantic_printed_a_column,
    pydantic_read_a_relationship: pydantic_printed_a_relationship,
    pydantic_read_computed: pydantic_may_have_read_a_column,
    pydantic_read_kept: pydantic_may_have_read_a_column,
    validated_a_row: row_is_printed_as_validated,
    response_was_sent: response_is_printed_as_sent,
}
"""Each predicate of an exception, and what asks the same of a text."""

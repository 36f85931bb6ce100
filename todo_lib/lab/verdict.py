"""What a check says: one outcome, its cause, and at most eight lines."""

from dataclasses import dataclass
from enum import Enum

from todo_lib.lab.messages import Note

MAX_LINES = 8


class Outcome(Enum):
    """How far an answer is. The value is the mark and the words a learner sees."""

    RIGHT = ("✓", "right")
    PARTLY = ("◐", "{holds} of {total}")
    NOT_YET = ("✗", "not yet")
    NOT_STARTED = ("–", "not started")
    BROKEN = ("!", "the checker broke")


class CheckFailedError(AssertionError):
    """Raised by a check in a strict run (CI): a failed check must fail its cell."""


@dataclass(frozen=True, repr=False)
class Verdict:
    """The result of a check. It shows itself, as text and as HTML."""

    outcome: Outcome
    exercise: str
    cause: str = ""
    """Why it is not right, as a name tests can rely on: "blank", "not awaited", "wrong value", …"""
    lines: tuple[str, ...] = ()
    holds: int = 0
    total: int = 0
    traceback: str = ""
    """The error the answer raised, in full: shown only on request."""

    @property
    def note(self) -> Note:
        """Return what is shown."""
        mark, word = self.outcome.value
        title = f"{word.format(holds=self.holds, total=self.total)}: {self.exercise}"
        return Note(mark, title, self.lines[: MAX_LINES - 1])

    def __repr__(self) -> str:
        return repr(self.note)

    def _repr_html_(self) -> str:
        return self.note._repr_html_()

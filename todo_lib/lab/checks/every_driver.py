"""Judge an answer on several databases: SQLite first, then PostgreSQL with each of its drivers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from todo_lib.lab.checks.discreet import Discreet
from todo_lib.lab.db.temporary import SQLITE, temporary_database
from todo_lib.lab.exercise import Judge
from todo_lib.lab.verdict import Outcome, Verdict

EVERYWHERE = "All of this holds on SQLite and on PostgreSQL, with aiosqlite, asyncpg and psycopg."


@dataclass(frozen=True)
class EveryDriver(Discreet):
    """Judges on one database after the other, until one of them is not content.

    Without a PostgreSQL server what is right on SQLite is neither right nor wrong: the verdict says so.
    """

    judge_on: Callable[[str], Judge]
    """Makes a judge of a database's address. The database is new; the judge empties it for each behaviour."""

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [*self.judge_on("").promises, EVERYWHERE]

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`. Nothing is raised."""
        verdict = await self._on(SQLITE, exercise, answer)
        if verdict.outcome is not Outcome.RIGHT:
            return verdict
        from todo_lib.lab.db.postgres import drivers_here, start_postgres  # noqa: PLC0415 (only who needs it)

        note = await start_postgres()
        drivers = drivers_here()
        if not drivers:
            lines = (f"On {SQLITE} it is right. PostgreSQL was not tried.", *note.lines)
            return Verdict(Outcome.NOT_STARTED, exercise, "no PostgreSQL", lines)
        holds = verdict.holds
        for driver in drivers:
            verdict = await self._on(driver, exercise, answer)
            holds += verdict.holds
            if verdict.outcome is not Outcome.RIGHT:
                total = holds - verdict.holds + verdict.total
                return replace(verdict, outcome=Outcome.PARTLY, holds=holds, total=total)
        lines = (f"On {', '.join((SQLITE, *drivers))}:", *verdict.lines)
        return replace(verdict, lines=lines, holds=holds, total=holds)

    async def _on(self, driver: str, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on one database; if something was tried there, it says where."""
        async with temporary_database(driver) as url:
            verdict = await self.judge_on(url)(exercise, answer)
        tried = verdict.total and verdict.outcome is not Outcome.RIGHT
        return replace(verdict, lines=(f"on {driver}", *verdict.lines)) if tried else verdict

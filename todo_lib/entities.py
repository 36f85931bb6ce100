"""The one table of the to-do list, shared by both apps."""

from datetime import date

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite numbers rows by itself only in a column declared INTEGER; PostgreSQL's INTEGER would end at 32 bits.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """What every table of the app inherits from; `Base.metadata` knows them all."""

    def __repr__(self) -> str:
        """Show what is loaded: reading more could be a query, and that in an `AsyncSession` an error."""
        loaded = [f"{name}={value!r}" for name, value in vars(self).items() if name in ("id", "name")]
        return f"{type(self).__name__}({', '.join(sorted(loaded))})"


class Task(Base):
    """One row of the to-do list. A `Mapped[X]` without `None` is NOT NULL in the database."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    priority: Mapped[int]
    due_date: Mapped[date]
    done: Mapped[bool]
    # The function, not its result: it is called for each new row, not once when this file is imported.
    created_at: Mapped[date] = mapped_column(default=date.today)

    # The order in which tasks are listed, so that a page of them needs no sorting.
    __table_args__ = (Index("ix_tasks_order", "due_date", "priority", "id"),)

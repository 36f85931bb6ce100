"""A course of one lesson, to build it and to break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from todo_lib.course import syllabus
from todo_lib.course.source import LessonSource, read
from todo_lib.course.texts import texts

LESSON = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
lesson:
  number: "00"
  part: 1
  title: A lesson
  idea: One is enough.
  objectives: count
  prerequisites: nothing
  minutes: 1
  stop: counting
---

## How many?

{{question: many}}

```{code-cell} ipython3
:exercise: sum

total = 0
### BEGIN SOLUTION
total = 1 + 1
### BEGIN STUB
# total = ...
### END SOLUTION
total
```

+++ {"solution": "sum"}

One and one.

+++

```{code-cell} ipython3
:varies: it counts nanoseconds

import time
time.perf_counter_ns()
```

The end of lesson {{counting}}, {{counting.title}}.
"""
TEXTS = """
[many]
kind = "prediction"
question = "How many are one and one?"
right = "B"
options.A = "One"
options.B = "Two"
why.A = "No."
why.B = "Yes."

[sum]
hints = ["a", "b", "c"]
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a course of one lesson, by its folder."""
    folder = tmp_path / "lessons" / "counting"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text(LESSON, encoding="utf-8")
    (folder / "texts.toml").write_text(TEXTS, encoding="utf-8")
    monkeypatch.setattr(syllabus, "LESSONS", tmp_path / "lessons")
    _forget_what_was_read()
    yield folder
    monkeypatch.undo()
    _forget_what_was_read()


def _forget_what_was_read() -> None:
    syllabus.lessons.cache_clear()
    texts.cache_clear()


def changed(folder: Path, old: str, new: str, file: str = "lesson.md") -> LessonSource:
    """Change a lesson and read it again."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    _forget_what_was_read()
    return read(folder)

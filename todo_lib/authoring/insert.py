"""Begin a new lesson between two others: `make new-lesson NAME=two_sessions AFTER=first_awaits`.

It gets a folder with all that a lesson needs. The lessons behind it get the next number, in their front
matter alone: whatever names a lesson elsewhere uses the name of its folder.
"""

import argparse
import re

from todo_lib.course import syllabus
from todo_lib.course import texts as text_files
from todo_lib.course.syllabus import SOURCE, by_name, lessons
from todo_lib.course.texts import texts

NUMBER = re.compile(r'^(  number: )"\d\d"$', re.MULTILINE)

LESSON_TEMPLATE = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
lesson:
  number: "{number}"
  part: {part}
  title: {title}
  idea: One sentence.
  objectives: do one thing more
  prerequisites: lesson {{{{{after}}}}}
  minutes: 15
  stop: {stop}
---

Run the cells from top to bottom with `Shift`+`Enter`. Where you see `____`, it is your turn.

+++

## Set up

```{{code-cell}} ipython3
%load_ext todo_lib.course
from todo_lib.course import lesson
from todo_lib.lab import open_things

q = lesson("{{{{{name}}}}}")
q
```

## Predict

{{{{question: guess}}}}

```{{code-cell}} ipython3
q.guess.predict("____")
```

```{{code-cell}} ipython3
q.guess.reveal()
```

## Your turn

```{{code-cell}} ipython3
:exercise: first

async def answer():
    ### BEGIN SOLUTION
    return 42
    ### BEGIN STUB
    # return ____
    ### END SOLUTION
```

```{{code-cell}} ipython3
await q.first.check(answer)
```

+++ {{"solution": "first"}}

Why this is right.

+++

## Close what you opened

```{{code-cell}} ipython3
open_things()
```

## In one sentence

What this lesson leaves behind.
"""
TEXTS_TEMPLATE = """\
# Questions and hints, in the order in which `q` lists them.

[guess]
kind = "prediction"
question = "What happens?"
right = "A"
options.A = "This."
options.B = "That."
options.C = "Nothing."
why.A = "The reason."
why.B = "Tempting, because …"
why.C = "Tempting, because …"

[first]
hints = [
  "The concept.",
  "The place.",
  "return 42",
]
"""
CHECKS_TEMPLATE = '''"""{title}: who judges its exercises."""

from collections.abc import Callable
from typing import Any

from todo_lib.lab.checks import FunctionJudge, require_equal
from todo_lib.lab.exercise import Judge


async def returns_the_answer(answer: Callable[[], Any]) -> None:
    """It returns 42."""
    require_equal("answer()", 42, await answer())


JUDGES: dict[str, Judge] = {{
    "first": FunctionJudge((returns_the_answer,)),
}}
'''


def insert(name: str, after: str) -> None:
    """Make the folder of a new lesson behind the one of the name `after`, and renumber what follows.

    Raise `ValueError` for a name that is taken or is no name of a
    package, `SyllabusError` for an unknown `after`.
    """
    before = by_name(after)
    if not name.isidentifier() or name != name.lower():
        raise ValueError(f"{name!r} cannot be the name of a package")
    folder = syllabus.LESSONS / name
    if folder.exists():
        raise ValueError(f"there is a lesson {name!r}")
    for each in lessons()[int(before.number) + 1 :]:
        _renumber(each.name, int(each.number) + 1)
    title = name.replace("_", " ").capitalize()
    folder.mkdir()
    for file, text in (
        (SOURCE, LESSON_TEMPLATE.format(
            number=f"{int(before.number) + 1:02}", part=before.part, title=title, after=after,
            stop=title.lower(), name=name,
        )),
        (text_files.FILE, TEXTS_TEMPLATE),
        ("checks.py", CHECKS_TEMPLATE.format(title=title)),
        ("__init__.py", f'"""{title}."""\n'),
    ):  # fmt: skip
        (folder / file).write_text(text, encoding="utf-8")
    lessons.cache_clear()
    texts.cache_clear()


def _renumber(name: str, number: int) -> None:
    path = syllabus.LESSONS / name / SOURCE
    path.write_text(NUMBER.sub(rf'\g<1>"{number:02}"', path.read_text("utf-8"), count=1), encoding="utf-8")


def main() -> None:
    """Do what `make new-lesson` asks for; `make notebooks` builds what has changed by it."""
    parser = argparse.ArgumentParser(description="Begin a new lesson between two others.")
    parser.add_argument("name", help="its folder, for instance two_sessions")
    parser.add_argument("--after", required=True, help="the folder of the lesson before it")
    options = parser.parse_args()
    insert(options.name, options.after)


if __name__ == "__main__":
    main()

"""The lessons, a folder each: `lesson.md`, `texts.toml` (questions and hints), `checks.py` (who judges).

`q = lesson("05")` gives a learner the exercises and questions of one of them.
"""

import importlib
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from todo_lib.course.syllabus import LessonInfo, SyllabusError, by_number
from todo_lib.course.texts import texts
from todo_lib.lab.exercise import Exercise, ExerciseSet, HintingJudge, Judge, Part, Solutions
from todo_lib.lab.questions import Prediction, Recall

KINDS: Mapping[str, type[Prediction] | type[Recall]] = {"prediction": Prediction, "recall": Recall}


def lesson(number: str) -> ExerciseSet:
    """Return a lesson's exercises and questions, fresh. Raise `ValueError` for a number that is none."""
    try:
        info = by_number(number)
    except SyllabusError as error:
        raise ValueError(
            f"there is no lesson {number!r}; lessons have two digits, as in lesson('05')"
        ) from error
    return opened(info)


def opened(info: LessonInfo) -> ExerciseSet:
    """Return the exercises and questions of this lesson, fresh."""
    return ExerciseSet(f"Lesson {info.number}", parts(info))


def parts(info: LessonInfo) -> dict[str, Part]:
    """Return what a lesson asks, by name: what has texts, in their order, then exercises without any."""
    judges: Mapping[str, Judge] = importlib.import_module(f"{__name__}.{info.name}.checks").JUDGES
    given = texts(info.name)
    made: dict[str, Part] = {}
    for name, text in given.items():
        if "hints" in text:
            made[name] = Exercise(judges[name], text["hints"], partial(_solutions, info))
        else:
            made[name] = question(text)
    for name, judge in judges.items():
        if name not in given:  # it brings its own hints, and no type of `JUDGES` can say which one does
            made[name] = Exercise(judge, cast(HintingJudge, judge).hints, partial(_solutions, info))
    return made


def question(text: Mapping[str, Any]) -> Prediction | Recall:
    """Return the question that a table of `texts.toml` describes."""
    kind = KINDS[text["kind"]]
    return kind(**{key: value for key, value in text.items() if key != "kind"})


def _solutions(info: LessonInfo) -> Solutions:
    # Here, not above: reading a source costs an import that most learners never need.
    from todo_lib.course.source import read  # noqa: PLC0415

    return read(info.folder)

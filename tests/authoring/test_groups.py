"""Which tests a worker of pytest-xdist gets together."""

import pytest

from tests.conftest import group


@pytest.mark.parametrize("module", ["test_audit", "test_heavy_use", "test_hints_and_questions"])
def test_a_module_stays_together(module: str) -> None:
    """Its fixtures are set up once."""
    assert group(f"tests/{module}.py::test_one[first_awaits-a]") == group(f"tests/{module}.py::test_two")


@pytest.mark.parametrize("module", ["test_exercises", "test_file_exercises", "test_out_of_order"])
def test_a_long_module_is_parted_by_lessons(module: str) -> None:
    """No worker is left alone with it in the end."""
    first, second, other = (
        f"tests/{module}.py::{test}"
        for test in ("one[tests_first/a/b]", "two[tests_first-a]", "one[first_awaits/a/b]")
    )
    assert group(first) == group(second) != group(other)
    assert group("tests/test_exercises.py::one[tests_first]") != group(
        "tests/test_out_of_order.py::one[tests_first]"
    )


def test_few_desks_are_set_up() -> None:
    """Two parts of the notebooks, and what is about no notebook."""
    names = [f"tests/test_browser.py::test_it[{number:02}_name]" for number in range(15)]
    names.append("tests/test_browser.py::test_another[of_no_lesson]")
    assert len({group(name) for name in names}) == 2

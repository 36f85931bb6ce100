"""What Python refuses to read."""

from . import Elsewhere, provokes
from .kernel import key_found_in_kernel
from .sandbox import Sandbox


@provokes("await-outside-function")
def await_at_the_top_of_a_file(sandbox: Sandbox) -> None:
    """Cells may do this, files may not."""
    compile("tasks = await store.all()", "main.py", "exec")


@provokes("await-outside-function")
def async_with_at_the_top_of_a_file(sandbox: Sandbox) -> None:
    """Python's message is the one for a plain `def`; the place tells."""
    file = sandbox.folder / "main.py"
    file.write_text("x = 1\nasync with factory() as session:\n    pass\n", "utf-8")
    compile(file.read_text("utf-8"), str(file), "exec")


@provokes("await-outside-function")
async def await_in_a_class(sandbox: Sandbox) -> Elsewhere:
    """Not even in a cell."""
    return await key_found_in_kernel(sandbox, "class Store:\n    tasks = await load()")


@provokes("await-in-plain-def")
def async_with_in_a_file_that_exists(sandbox: Sandbox) -> None:
    """The same message, and here a function is around it."""
    file = sandbox.folder / "datastore.py"
    file.write_text("def get(self):\n    async with self.factory():\n        pass\n", "utf-8")
    compile(file.read_text("utf-8"), str(file), "exec")


@provokes("await-under-magic")
async def time_a_line(sandbox: Sandbox) -> Elsewhere:
    """The line is run by the magic."""
    return await key_found_in_kernel(sandbox, "import asyncio\n%time await asyncio.sleep(0)")


@provokes("await-under-magic")
async def time_a_cell(sandbox: Sandbox) -> Elsewhere:
    """Python's message is the one for a plain `def`."""
    return await key_found_in_kernel(sandbox, "%%time\nasync with factory() as session:\n    pass")


@provokes("await-under-magic")
async def timeit_a_line(sandbox: Sandbox) -> Elsewhere:
    """The other magic."""
    return await key_found_in_kernel(sandbox, "import asyncio\n%timeit await asyncio.sleep(0)")


@provokes("await-in-plain-def")
async def plain_def_under_a_magic(sandbox: Sandbox) -> Elsewhere:
    """Here the magic is not to blame."""
    return await key_found_in_kernel(sandbox, "%%time\ndef get(self):\n    async with self.factory(): pass")


@provokes("indentation")
def too_far_right(sandbox: Sandbox) -> None:
    """By one space."""
    compile("def get(id):\n    task = 1\n     return task", "datastore.py", "exec")


@provokes("indentation")
def too_far_left(sandbox: Sandbox) -> None:
    """By one space."""
    compile("def get(id):\n    task = 1\n   return task", "datastore.py", "exec")


@provokes("indentation")
def nothing_inside(sandbox: Sandbox) -> None:
    """The block is empty."""
    compile("async def get(id):\nreturn 1", "datastore.py", "exec")


@provokes("async-alone")
def async_without_def(sandbox: Sandbox) -> None:
    """A test whose `def` is missing."""
    compile("async test_get(store):\n    pass", "test_datastore.py", "exec")


@provokes("async-alone")
def async_before_a_call(sandbox: Sandbox) -> None:
    """`await` is meant."""
    compile("async def get(id):\n    return async store.get(id)", "datastore.py", "exec")


@provokes("indentation")
def tabs_and_spaces(sandbox: Sandbox) -> None:
    """They look alike."""
    compile("def get(id):\n\ttask = 1\n        return task", "datastore.py", "exec")

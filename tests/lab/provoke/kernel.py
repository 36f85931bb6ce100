"""What happens in a notebook: cells run in a real kernel."""

import os

from jupyter_client.manager import AsyncKernelManager

from . import Elsewhere
from .sandbox import WITHOUT_SURPRISES, Sandbox

REPLY_TIMEOUT = 20  # seconds for each answer; a kernel that is slower is dead
FIND = "__import__('todo_lib.lab.errors.lookup', fromlist=['find']).find(__import__('sys').last_value).key"


async def key_found_in_kernel(sandbox: Sandbox, cell: str) -> Elsewhere:
    """Run a cell that must fail; return its traceback, and the key that `find` gives for the error."""
    key, printed = await run_in_kernel(sandbox, cell, FIND)
    return Elsewhere(key.strip("'"), printed)


async def shown_in_kernel(sandbox: Sandbox, cell: str, expression: str) -> str:
    """Run a cell that must fail; return what the kernel shows for an expression after it."""
    return (await run_in_kernel(sandbox, cell, expression))[0]


async def run_in_kernel(sandbox: Sandbox, cell: str, expression: str) -> tuple[str, str]:
    """Run a cell that must fail; return what the kernel shows for an expression, and the traceback."""
    # The asynchronous manager: the synchronous one opens an event loop of its own and never closes it.
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel(cwd=str(sandbox.folder), env=os.environ | WITHOUT_SURPRISES)
    client = manager.client()
    try:
        client.start_channels()
        await client.wait_for_ready(timeout=REPLY_TIMEOUT)
        # After an error a kernel throws away what waits in its queue, unless it is told not to.
        failed = await client.execute(cell, stop_on_error=False, reply=True, timeout=REPLY_TIMEOUT)
        assert failed["content"]["status"] == "error"
        asked = await client.execute(
            "", user_expressions={"it": expression}, reply=True, timeout=REPLY_TIMEOUT
        )
        answer = asked["content"]["user_expressions"]["it"]
        assert answer["status"] == "ok", answer
        return answer["data"]["text/plain"], "\n".join(failed["content"]["traceback"])
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)

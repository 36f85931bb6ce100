"""What Python could not read, and names that it does not know."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import letter_is_an_answer
from todo_lib.lab.errors.syntax import async_stands_alone, outside_any_function, under_a_magic
from todo_lib.lab.errors.topics import START

OUTSIDE = r"^('await'|'async with'|'async for'|asynchronous comprehension) outside"

ENTRIES = (
    Entry(
        key="await-in-plain-def",
        title="`await` stands in a plain `def`",
        happened="`await`, `async with` or `async for` stands in a function that is not an `async def`."
        " Python has refused the whole cell or file: nothing in it has run.",
        why="Only an `async def` can stop in the middle and go on later.",
        fix="Write `async def`. Where the call needs no `await`, as `session.add`, or everything is still"
        " synchronous, remove the `await` or `async`.",
        code="async def names(store):\n    return [task.name for task in await store.all()]",
        topic=START,
        url="https://docs.python.org/3/reference/compound_stmts.html#the-async-with-statement",
        matchers=(Matcher(("SyntaxError",), OUTSIDE),),
    ),
    Entry(
        key="await-outside-function",
        title="`await` stands outside any function",
        happened="`await`, `async with` or `async for` stands at the top of a file, in the body of a class,"
        " or in a text given to `exec`, `eval` or a magic. There Python does not allow it.",
        why="Only an `async def` can wait. A notebook's cell may, too, because IPython puts it into one.",
        fix="Put it into an `async def`; a script ends with `asyncio.run(main())`.",
        code="async def main():\n    ...\n\nasyncio.run(main())  # in a cell: await main()",
        topic=START,
        url="https://docs.python.org/3/library/asyncio-runner.html#asyncio.run",
        matchers=(Matcher(("SyntaxError",), OUTSIDE, test=outside_any_function),),
        rank=1,
    ),
    Entry(
        key="await-under-magic",
        title="`%time` and `%timeit` cannot await",
        happened="The line or cell begins with a magic, and contains an `await`, `async with` or `async"
        " for`.",
        why="IPython runs an ordinary cell inside an `async def`. What stands under `%time`, `%%time` or"
        " `%timeit` it runs without.",
        fix="Use `timed` of this lab; or run the cell without the magic.",
        code="await timed(lambda: store.all())",
        topic=START,
        url="https://ipython.readthedocs.io/en/stable/interactive/autoawait.html",
        matchers=(Matcher(("SyntaxError",), OUTSIDE, test=under_a_magic),),
        rank=2,
    ),
    Entry(
        key="indentation",
        title="The line begins too far to the left or to the right",
        happened="Lines of one block must begin in the same column. This one does not: “unexpected indent”,"
        " it begins too far right; “unindent does not match”, between two blocks.",
        why="Python knows by the spaces which lines belong together. “expected an indented block”: nothing"
        " stands inside the line above. “inconsistent use of tabs and spaces”: use spaces only.",
        fix="Give the line as many spaces as the lines above that belong to the same block.",
        code="async def get(id):\n    task = 1\n    return task  # the same four spaces",
        topic=START,
        url="https://docs.python.org/3/reference/lexical_analysis.html#indentation",
        matchers=(Matcher(("IndentationError",)),),
    ),
    Entry(
        key="async-alone",
        title="`async` goes with `def`, `with` and `for` only",
        happened="After `async` stands neither `def` nor `with` nor `for`.",
        why="`async` makes a function, a block or a loop one that can wait. What waits for a call is"
        " `await`.",
        fix="A function: write `async def`. A call: write `await`.",
        code="async def test_it():\n    task = await store.get(1)",
        topic=START,
        url="https://docs.python.org/3/library/asyncio-task.html#coroutines",
        matchers=(Matcher(("SyntaxError",), test=async_stands_alone),),
    ),
    Entry(
        key="letter-without-quotes",
        title="The letter of an answer is a text: it needs quotes",
        happened="Without quotes Python takes the letter for a name, and looks for what it stands for.",
        why="Only in quotes it is a text.",
        fix="Put your letter between the quotes.",
        code='q.run.predict("C")',
        topic=START,
        url="https://docs.python.org/3/library/exceptions.html#NameError",
        matchers=(Matcher(("NameError",), r"^name '[A-Za-z]' is not defined", test=letter_is_an_answer),),
        rank=1,
    ),
    Entry(
        key="cell-not-run",
        title="A name is not defined: perhaps its cell has not been run",
        happened="Python met a name that nothing has defined yet.",
        why="A notebook knows only what has been run since the kernel started. After a restart that is"
        " nothing, whatever the page still shows.",
        fix="Run the cells above, from the top. If the name is in none of them, look for a typing error.",
        topic=START,
        url="https://docs.python.org/3/library/exceptions.html#NameError",
        matchers=(Matcher(("NameError",), r"^name '.+' is not defined"),),
    ),
)

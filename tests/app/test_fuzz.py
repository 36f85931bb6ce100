"""Requests that nobody thought of: schemathesis makes them up from the API's own description.

Every answer must be one that the description promises, and none may be
a server's error. The servers are real.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.app.real_server import real_server
from tests.conftest import APPS

EXAMPLES = 40  # requests for each operation, each mode and each app
SCHEMAS = {style: schemathesis.openapi.from_dict(app.openapi()) for style, app in APPS.items()}
CASES = [
    (operation.method.upper(), operation.path, mode)
    for operation in (result.ok() for result in SCHEMAS["sync"].get_all_operations())
    for mode in GenerationMode
    if operation.path != "/" or mode is GenerationMode.POSITIVE  # no parameter could be wrong there
]
NO_TEXT = 400  # FastAPI's answer to a body that is no text; its description leaves it out
# In a query string all is text, and `0.0` is accepted for a number.
NOT_FOR = {("GET", "/api/todo/"): [negative_data_rejection]}
TOMORROW = str(date.today() + timedelta(days=1))
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module", params=APPS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Serve one app for all tests of this module; give its style and its address."""
    with real_server(request.param, tmp_path_factory.mktemp("served")) as client:
        yield request.param, str(client.base_url)


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_every_answer_is_one_that_the_description_promises(
    server: tuple[str, str], method: str, path: str, mode: GenerationMode
) -> None:
    """Whether the request fits the description or not."""
    style, address = server
    asked = 0
    with requests.Session() as session:

        @SETTINGS
        @given(case=SCHEMAS[style][path][method].as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            if method == "POST" and mode is GenerationMode.POSITIVE:
                case.body["due_date"] = TOMORROW  # "at most a year ahead" is more than a schema can say
            answer = case.call(address, session=session)
            if answer.status_code == NO_TEXT:
                with pytest.raises(UnicodeDecodeError):
                    answer.request.body.decode()
            else:
                case.validate_response(answer, excluded_checks=NOT_FOR.get((method, path), []))

        ask()
    assert asked >= EXAMPLES or path == "/"


@pytest.mark.parametrize("failure", ["status", "body"])
def test_an_answer_that_is_not_promised_is_noticed(failure: str) -> None:
    """What these tests look for, they see."""
    app = FastAPI()

    @app.get("/number")
    def number() -> int:
        return 1

    case = schemathesis.openapi.from_dict(app.openapi())["/number"]["GET"].Case()
    wrong = {"status": (500, b"1"), "body": (200, b'"one"')}[failure]
    answer = requests.Response()
    answer.status_code, answer._content = wrong
    answer.headers["content-type"] = "application/json"
    answer.request = requests.Request("GET", "http://test/number").prepare()
    with pytest.raises(FailureGroup):
        case.validate_response(answer)

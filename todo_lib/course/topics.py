"""Which lesson treats which topic of the lab's catalogue of errors."""

from todo_lib.course.syllabus import by_name
from todo_lib.lab.errors import topics

LESSONS = {
    topics.START: "start_here",
    topics.SYNC_APP: "the_synchronous_app",
    topics.BLOCKING: "do_we_need_async",
    topics.TESTS: "tests_first",
    topics.FACTORY: "engine_and_session_factory",
    topics.FIRST_AWAITS: "first_awaits",
    topics.STORE: "the_whole_store",
    topics.ENDPOINT_TESTS: "endpoint_tests",
    topics.ENDPOINTS: "dependencies_and_endpoints",
    topics.HIDDEN_IO: "no_hidden_io",
    topics.SESSIONS: "one_session_per_task",
    topics.UNDER_LOAD: "sqlite_under_load",
    topics.POSTGRES: "postgresql",
}


def places() -> dict[str, str]:
    """Return topic → the notebook that treats it."""
    return {topic: by_name(name).notebook for topic, name in LESSONS.items()}

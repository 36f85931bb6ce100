# expect: PARTLY, wrong value; ?name=BREAD
from fastapi_filters.ext.sqlalchemy import create_filters_from_orm

from todo_lib.entities import Task


def task_filters():
    return create_filters_from_orm(Task)

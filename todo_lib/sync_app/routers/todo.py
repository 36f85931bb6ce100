"""The to-do list over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response, status

from todo_lib.models import NewTask, TaskFilter, TaskInput, TaskOutput

from ..datastore import DataStoreDb
from ..dependencies import get_db

Store = Annotated[DataStoreDb, Depends(get_db)]
TaskId = Annotated[int, Path(ge=-(2**63), lt=2**63)]  # what a database's largest integer can hold

router = APIRouter(prefix="/api/todo", tags=["todo"])


@router.get("/")
def show_all_tasks(wanted: Annotated[TaskFilter, Query()], db: Store) -> list[TaskOutput]:
    """List tasks: the next one due first."""
    return db.filter(wanted)


@router.post("/", status_code=status.HTTP_201_CREATED)
def create_task(task: NewTask, request: Request, response: Response, db: Store) -> TaskOutput:
    """Save a new task; the `Location` header says where it is."""
    result = db.add(task)
    response.headers["Location"] = str(request.url_for("show_task", id=result.id))
    return result


@router.get("/{id}", responses={404: {"description": "Task not found"}})
def show_task(id: TaskId, db: Store) -> TaskOutput:
    """Show one task."""
    result = db.get(id)
    if result is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Task not found")
    return result


@router.put("/{id}", responses={404: {"description": "Task not found"}})
def update_task(id: TaskId, task: TaskInput, db: Store) -> TaskOutput:
    """Replace one task."""
    try:
        return db.update(id, task)
    except ValueError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Task not found") from error


@router.delete(
    "/{id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: {"description": "Task not found"}},
)
def delete_task(id: TaskId, db: Store) -> None:
    """Delete one task."""
    if not db.delete(id):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Task not found")

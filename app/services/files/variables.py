"""The environment variables of a Tool."""

from typing import Any

from ...errors import NotFound
from ...kinds.base import FileKind
from ...store.models import EnvironmentVariable
from ...store.statement import arg as given
from ...store.statement import kept, sql
from ..workspace import Workspace
from .files import get_file


@kept
def _variables() -> Any:
    return (
        EnvironmentVariable.select(EnvironmentVariable.name, EnvironmentVariable.value)
        .where(EnvironmentVariable.file == given("file"))
        .order_by(EnvironmentVariable.id)
    )


SET = sql("""
    INSERT INTO environment_variable (file_id, name, value) VALUES (:file, :name, :value)
    ON CONFLICT (file_id, name) DO UPDATE SET value = excluded.value
""")


@kept
def _delete() -> Any:
    return EnvironmentVariable.delete().where(
        EnvironmentVariable.file == given("file"), EnvironmentVariable.name == given("name")
    )


def list_variables(ws: Workspace, kind: FileKind, uid: str) -> list[dict[str, str]]:
    """List the variables in the order in which they were added."""
    return _listed(ws, get_file(ws, kind, uid).id)


def set_variables(ws: Workspace, kind: FileKind, uid: str, variables: list[dict[str, str]]) -> list[dict[str, str]]:
    """Add variables; one of a known name gets the new value. Returns all of them."""
    file = get_file(ws, kind, uid).id
    for variable in variables:
        ws.db.run(SET, file=file, name=variable["name"], value=variable["value"])
    return _listed(ws, file)


def delete_variable(ws: Workspace, kind: FileKind, uid: str, name: str) -> list[dict[str, str]]:
    """Delete a variable and return those that are left; unknown: NotFound."""
    file = get_file(ws, kind, uid).id
    if not ws.db.run(_delete(), file=file, name=name):
        raise NotFound(
            "Environment variable not found.",
            f"Could not find environment variable with name '{name}'.",
            loc=("path", "name"),
        )
    return _listed(ws, file)


def _listed(ws: Workspace, file: int) -> list[dict[str, str]]:
    return [{"name": row.name, "value": row.value} for row in ws.db.all(_variables(), file=file)]

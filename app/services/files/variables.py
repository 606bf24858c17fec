"""The environment variables of a Tool."""

from ...errors import NotFound
from ...kinds.base import FileKind
from ...store.statement import sql
from ..workspace import Workspace
from .files import get_file

VARIABLES = sql("SELECT name, value FROM environment_variable WHERE file_id = :file ORDER BY id")

SET = sql("""
    INSERT INTO environment_variable (file_id, name, value) VALUES (:file, :name, :value)
    ON CONFLICT (file_id, name) DO UPDATE SET value = excluded.value
""")

DELETE = sql("DELETE FROM environment_variable WHERE file_id = :file AND name = :name")


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
    if not ws.db.run(DELETE, file=file, name=name):
        raise NotFound(
            "Environment variable not found.",
            f"Could not find environment variable with name '{name}'.",
            loc=("path", "name"),
        )
    return _listed(ws, file)


def _listed(ws: Workspace, file: int) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in ws.db.tuples(VARIABLES, file=file)]

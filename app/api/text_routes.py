"""The routes for `.prompt` and `.agent` files."""

from ..json_types import JsonObject
from ..kinds.base import FileKind, TextKind
from ..schemas.files import VersionQuery
from ..services.text import texts
from ..services.workspace import Workspace
from .blueprint import Blueprint

PLAIN = "text/plain; charset=utf-8"


def add_text_routes(blueprint: Blueprint, kind: FileKind, text: TextKind) -> None:
    """Add serialize and deserialize."""
    root = f"/{kind.collection}"

    @blueprint.operation("GET", f"{root}/<id>/serialize", query=VersionQuery, content_type=PLAIN, response=TEXT)
    def serialize(ws: Workspace, query: JsonObject, id: str) -> str:
        """Get a version as the text of a file."""
        return texts.serialize(ws, kind, id, query)

    @blueprint.operation(
        "POST", f"{root}/deserialize", body=text.request, response=text.content, errors=(), changes=False
    )
    def deserialize(ws: Workspace, body: JsonObject) -> JsonObject:
        """Read the content of a version from the text of a file."""
        return texts.load(kind, body[kind.type])


TEXT = {"type": "string"}

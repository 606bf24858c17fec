"""The texts of Versions: `.prompt` and `.agent` files, written, read and shown raw; and templates, filled."""

from typing import NamedTuple

import orjson
from marshmallow import ValidationError

from ...errors import Invalid
from ...json_types import JsonObject, Rendered
from ...kinds import KINDS
from ...kinds.base import Content, FileKind
from ...schemas.fields import instance_of
from ...schemas.problems import flatten
from ...store.statement import sql
from ...templating.templates import populate as fill
from ..files import documents
from ..files.files import get_file
from ..files.versions import content_of, resolve
from ..workspace import Workspace
from .serializer import deserialize
from .serializer import serialize as write


class ContentRow(NamedTuple):
    """The content of a Version, as JSON, and the kind of its File."""

    id: int
    content: str
    kind: str


CONTENTS = sql(
    """
    SELECT v.id, v.content, f.kind FROM version v JOIN file f ON f.id = v.file_id
    WHERE v.id IN (SELECT value FROM integers(:keys))
    """,
    ContentRow,
)


def raw_content(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
    """Return the live field `raw_file_content` of those Versions whose kind has a text."""
    return {
        row.id: {"raw_file_content": write(orjson.loads(row.content))}
        for row in ws.db.all(CONTENTS, keys=keys)
        if KINDS[row.kind].text
    }


def serialize(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> str:
    """Return a Version as text."""
    return write(content_of(ws, resolve(ws, get_file(ws, kind, uid), query)))


def populate(ws: Workspace, kind: FileKind, uid: str, query: JsonObject, inputs: JsonObject) -> Rendered:
    """Return a Version with `populated_template`; a missing input: Invalid."""
    key = resolve(ws, get_file(ws, kind, uid), query)
    content = content_of(ws, key)
    filled = fill(content["template"], content["template_language"], inputs)
    return documents.version(ws, key, {"populated_template": filled})


def load(kind: FileKind, text: str) -> Content:
    """Read version content from text; what does not fit the kind's schema is Invalid."""
    assert kind.content is not None
    try:
        content: Content = instance_of(kind.content).load(deserialize(text))
        return content
    except Invalid as error:
        error.detail["loc"] = ["body", kind.type]
        raise
    except ValidationError as error:
        problem = flatten(error.messages, "body")[0]
        place = ".".join(str(part) for part in problem["loc"][1:])
        raise Invalid(f"Invalid {kind.type} text.", f"`{place}`: {problem['msg']}.", loc=("body", kind.type)) from None

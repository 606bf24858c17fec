"""The `.prompt` and `.agent` text of Versions: written, read back through the kind's schema, and shown raw."""

from typing import Any

import orjson

from ...errors import Invalid
from ...json_types import JsonObject
from ...kinds import KINDS
from ...kinds.base import FileKind
from ...schemas.problems import flatten
from ...store.models import File, Version
from ...store.statement import integers, kept
from ..files.files import get_file
from ..files.versions import resolve
from ..workspace import Workspace
from .serializer import deserialize
from .serializer import serialize as write


@kept
def _contents() -> Any:
    return Version.select(Version.id, Version.content, File.kind).join(File).where(Version.id.in_(integers("keys")))


def raw_content(ws: Workspace, keys: list[int]) -> dict[int, JsonObject]:
    """Return the live field `raw_file_content` of those Versions whose kind has a text."""
    return {
        row.id: {"raw_file_content": write(orjson.loads(row.content))}
        for row in ws.db.all(_contents(), keys=keys)
        if KINDS[row.kind].text
    }


def serialize(ws: Workspace, kind: FileKind, uid: str, query: JsonObject) -> str:
    """Return a Version as text."""
    key = resolve(ws, get_file(ws, kind, uid), query)
    return raw_content(ws, [key])[key]["raw_file_content"]


def load(kind: FileKind, text: str) -> JsonObject:
    """Read version content from text; what does not fit the kind's schema is Invalid."""
    from marshmallow import ValidationError

    assert kind.content is not None
    try:
        return kind.content().load(deserialize(text))
    except Invalid as error:
        error.detail["loc"] = ["body", kind.type]
        raise
    except ValidationError as error:
        problem = flatten(error.normalized_messages(), "body")[0]
        place = ".".join(str(part) for part in problem["loc"][1:])
        raise Invalid(f"Invalid {kind.type} text.", f"`{place}`: {problem['msg']}.", loc=("body", kind.type)) from None

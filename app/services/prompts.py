"""What only Prompts do: fill their template with inputs."""

from typing import Any

import orjson

from ..db import arg as given
from ..db import kept
from ..kinds.base import FileKind
from ..models import Version
from . import documents
from .files import get_file
from .templates import populate as fill
from .versions import resolve
from .workspace import Workspace


@kept
def _content() -> Any:
    return Version.select(Version.content).where(Version.id == given("key"))


def populate(ws: Workspace, kind: FileKind, uid: str, query: dict[str, Any], inputs: dict[str, Any]) -> Any:
    """Return a Version with `populated_template`; a missing input: Invalid."""
    key = resolve(ws, get_file(ws, kind, uid), query)
    content = orjson.loads(ws.db.value(_content(), key=key))
    filled = fill(content["template"], content["template_language"], inputs)
    return documents.version(ws, key, {"populated_template": filled})

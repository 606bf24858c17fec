"""What only Prompts do: fill their template with inputs."""

from typing import Any

from ...json_types import JsonObject
from ...kinds.base import FileKind
from ...templating.templates import populate as fill
from ..workspace import Workspace
from . import documents
from .files import get_file
from .versions import content_of, resolve


def populate(ws: Workspace, kind: FileKind, uid: str, query: JsonObject, inputs: JsonObject) -> Any:
    """Return a Version with `populated_template`; a missing input: Invalid."""
    key = resolve(ws, get_file(ws, kind, uid), query)
    content = content_of(ws, key)
    filled = fill(content["template"], content["template_language"], inputs)
    return documents.version(ws, key, {"populated_template": filled})

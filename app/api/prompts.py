"""Prompts: the shared routes, populate and call."""

from collections.abc import Generator

from ..json_types import JsonObject, Rendered
from ..kinds import PROMPT
from ..runtime import calls
from ..schemas.base import FreeObject
from ..schemas.calls import PromptCallResponse, PromptCallStreamResponse, PromptsCallRequest
from ..schemas.files import VersionQuery
from ..schemas.prompts import PopulateTemplateResponse
from ..services.text import texts
from ..services.workspace import Workspace
from .blueprint import MODEL_ERRORS
from .operations import runtime
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(PROMPT)


@blueprint.operation(
    "POST",
    "/prompts/<id>/populate",
    query=VersionQuery,
    body=FreeObject,
    response=PopulateTemplateResponse,
    changes=False,
)
def populate(ws: Workspace, query: JsonObject, body: JsonObject, id: str) -> Rendered:
    """Fill in the template of a version with inputs."""
    return texts.populate(ws, PROMPT, id, query, body)


@blueprint.operation(
    "POST",
    "/prompts/call",
    query=VersionQuery,
    body=PromptsCallRequest,
    response=PromptCallResponse,
    events=PromptCallStreamResponse,
    errors=(404, 409, *MODEL_ERRORS),
    atomic=False,
)
def call(ws: Workspace, query: JsonObject, body: JsonObject) -> JsonObject | Generator[JsonObject]:
    """Call a Prompt's model and log the answer; content in the body finds or creates a version."""
    return calls.call_prompt(ws, runtime(), query, body)

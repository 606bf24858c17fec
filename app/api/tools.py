"""Tools: the shared routes, environment variables and call."""

from ..json_types import JsonObject
from ..kinds import TOOL
from ..runtime import tools as running
from ..schemas.calls import ToolCallResponse, ToolsCallRequest
from ..schemas.files import VersionQuery
from ..schemas.tools import FileEnvironmentVariableRequest
from ..services.files import variables as tools
from ..services.workspace import Workspace
from .operations import BUSY, runtime
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(TOOL)
RULE = "/tools/<id>/environment-variables"
VARIABLES = FileEnvironmentVariableRequest(many=True)


@blueprint.operation("GET", RULE, response=VARIABLES)
def get_environment_variables(ws: Workspace, id: str) -> list[dict[str, str]]:
    """List the environment variables of the Tool."""
    return tools.list_variables(ws, TOOL, id)


@blueprint.operation("POST", RULE, body=VARIABLES, response=VARIABLES)
def add_environment_variable(ws: Workspace, body: list[JsonObject], id: str) -> list[dict[str, str]]:
    """Add environment variables; one of the same name gets the new value."""
    return tools.set_variables(ws, TOOL, id, body)


@blueprint.operation("DELETE", RULE + "/<name>", response=VARIABLES)
def delete_environment_variable(ws: Workspace, id: str, name: str) -> list[dict[str, str]]:
    """Delete an environment variable."""
    return tools.delete_variable(ws, TOOL, id, name)


@blueprint.operation(
    "POST",
    "/tools/call",
    query=VersionQuery,
    body=ToolsCallRequest,
    response=ToolCallResponse,
    errors=(404, 409, BUSY),
    atomic=False,
)
def call(ws: Workspace, query: JsonObject, body: JsonObject) -> JsonObject:
    """Run a Tool and log its output; content in the body finds or creates a version."""
    return running.call_tool(ws, runtime(), query, body)

"""Tools: the shared routes, their Logs, and the variables of their environment."""

from typing import Any

from ..kinds import TOOL
from ..schemas.tools import FileEnvironmentVariableRequest
from ..services import tools
from ..services.workspace import Workspace
from .log_routes import add_log_routes
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(TOOL)
add_log_routes(blueprint, TOOL, update="/tools/<id>/log/<log_id>", update_name="update")
RULE = "/tools/<id>/environment-variables"
VARIABLES = FileEnvironmentVariableRequest(many=True)


@blueprint.operation("GET", RULE, response=VARIABLES)
def get_environment_variables(ws: Workspace, id: str) -> Any:
    """List the environment variables of the Tool."""
    return tools.list_variables(ws, TOOL, id)


@blueprint.operation("POST", RULE, body=VARIABLES, response=VARIABLES)
def add_environment_variable(ws: Workspace, body: list[dict[str, Any]], id: str) -> Any:
    """Add environment variables, or give those of the same name a new value."""
    return tools.set_variables(ws, TOOL, id, body)


@blueprint.operation("DELETE", RULE + "/<name>", response=VARIABLES)
def delete_environment_variable(ws: Workspace, id: str, name: str) -> Any:
    """Delete an environment variable."""
    return tools.delete_variable(ws, TOOL, id, name)

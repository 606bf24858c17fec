"""Flows: the shared routes and their Logs."""

from ..kinds import FLOW
from ..schemas.logs import FlowLogResponse
from .log_routes import add_log_routes
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(FLOW)
add_log_routes(blueprint, FLOW, update="/flows/logs/<log_id>", update_name="update_log", updated=FlowLogResponse)

"""Agents: the shared routes, their Logs and their text."""

from ..kinds import AGENT
from ..schemas.agents import AgentKernelRequest, DeserializeAgentRequest
from ..schemas.logs import AgentLogResponse
from .log_routes import add_log_routes
from .text_routes import add_text_routes
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(AGENT)
add_log_routes(blueprint, AGENT, update="/agents/<id>/log/<log_id>", update_name="update_log", updated=AgentLogResponse)
add_text_routes(blueprint, AGENT, DeserializeAgentRequest, AgentKernelRequest)

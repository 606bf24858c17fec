"""Evaluators: the shared routes and their judgments."""

from ..kinds import EVALUATOR
from .log_routes import add_log_routes
from .versioned_files import versioned_file_blueprint

blueprint = versioned_file_blueprint(EVALUATOR)
add_log_routes(blueprint, EVALUATOR)

"""When finished Runs are shown as completed."""

from typing import Any

from flask import Blueprint, Response, current_app, request

from ...api.operations import PARSER
from ..answers import answer, require_one_process
from .schema import TransitionsRequest
from .transitions import Transitions

blueprint = Blueprint("transitions", __name__)
TRANSITIONS = TransitionsRequest()


def _transitions() -> Transitions:
    require_one_process()
    transitions: Transitions = current_app.extensions["emulator"].transitions
    return transitions


@blueprint.get("/transitions")
def show_transitions() -> Response:
    """Answer after how many answers and seconds a finished Run is shown as completed."""
    return answer(_document())


@blueprint.post("/transitions")
def set_transitions() -> Response:
    """Set both; what is left out is 0."""
    _transitions().set(**PARSER.parse(TRANSITIONS, request, location="json")["completed"])
    return answer(_document())


@blueprint.delete("/transitions")
def reset_transitions() -> Response:
    """Show finished Runs as completed at once."""
    _transitions().set()
    return Response(status=204)


def _document() -> dict[str, Any]:
    transitions = _transitions()
    return {"completed": {"after_reads": transitions.after_reads, "after_seconds": transitions.after_seconds}}

"""When finished Runs are shown as completed: see it, and change it."""

from flask import Blueprint, Response, current_app, request

from ...api.operations import PARSER
from ...schemas.fields import Float, Int, Nested, at_least
from ..shared import Control, answer, between, require_one_process
from .transitions import Transitions

blueprint = Blueprint("transitions", __name__)


class DelayRequest(Control):
    """After how many answers, and how many seconds of the clock, a status is shown."""

    after_reads = Int(validate=at_least(0))
    after_seconds = Float(validate=between(0, 10**9))


class TransitionsRequest(Control):
    """The delay of each status that can be delayed."""

    completed = Nested(DelayRequest, required=True)


TRANSITIONS = TransitionsRequest()


@blueprint.get("/transitions")
def show_transitions() -> Response:
    """Answer after how many answers and seconds a finished Run is shown as completed."""
    transitions = _transitions()
    return answer({"completed": {"after_reads": transitions.after_reads, "after_seconds": transitions.after_seconds}})


@blueprint.post("/transitions")
def set_transitions() -> Response:
    """Set both; a number that is left out is 0."""
    _transitions().set(**PARSER.parse(TRANSITIONS, request, location="json")["completed"])
    return show_transitions()


@blueprint.delete("/transitions")
def reset_transitions() -> Response:
    """Show finished Runs as completed at once."""
    _transitions().set()
    return Response(status=204)


def _transitions() -> Transitions:
    require_one_process()
    transitions: Transitions = current_app.extensions["emulator"].transitions
    return transitions

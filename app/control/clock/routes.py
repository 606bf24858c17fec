"""The clock, and when finished Runs are shown as completed."""

from typing import Any

from flask import Blueprint, Response, current_app, request

from ...api.blueprint import PARSER
from ...clock import Clock, wire_time
from ...errors import Invalid
from ...services.evaluations.transitions import Transitions
from ..answers import answer, require_one_process
from ..schema import ClockRequest, TransitionsRequest

blueprint = Blueprint("clock", __name__)
CLOCK, TRANSITIONS = ClockRequest(), TransitionsRequest()


def _clock() -> Clock:
    require_one_process()
    clock: Clock = current_app.extensions["emulator"].clock
    return clock


def _transitions() -> Transitions:
    require_one_process()
    transitions: Transitions = current_app.extensions["emulator"].transitions
    return transitions


@blueprint.get("/clock")
def show_clock() -> Response:
    """Answer the time, and whether it stands still."""
    clock = _clock()
    return answer({"time": wire_time(clock.read()), "frozen": clock.frozen})


@blueprint.post("/clock")
def tell_clock() -> Response:
    """Freeze, set, advance or resume the clock, and answer what it shows then."""
    clock = _clock()
    [(action, value)] = PARSER.parse(CLOCK, request, location="json").items()
    arguments = [] if value is True else [value]
    try:
        getattr(clock, action)(*arguments)
    except ValueError as error:
        raise Invalid("Invalid time.", str(error), loc=("body", action)) from None
    return show_clock()


@blueprint.delete("/clock")
def reset_clock() -> Response:
    """Go back to how the clock started."""
    _clock().reset()
    return Response(status=204)


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

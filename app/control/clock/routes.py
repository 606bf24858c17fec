"""The clock: see it, freeze, set, advance and resume it."""

from flask import Blueprint, Response, current_app, request

from ...api.operations import PARSER
from ...clock import Clock, wire_time
from ...errors import Invalid
from ..answers import answer
from .schema import ClockRequest

blueprint = Blueprint("clock", __name__)
CLOCK = ClockRequest()


def _clock() -> Clock:
    """Return the clock as it is now: another process may have told it something."""
    emulator = current_app.extensions["emulator"]
    with emulator.db.reading():
        clock: Clock = emulator.clock
    return clock


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

"""The clock: see it, freeze it, set it, advance it, and let it run again."""

from typing import Any

from flask import Blueprint, Response, current_app, request
from marshmallow import ValidationError

from ...api.operations import PARSER
from ...clock import Clock, wire_time
from ...errors import Invalid
from ...schemas.choices import AnyOf
from ...schemas.fields import Bool, Float, Time, at_least
from ..shared import Control, answer

blueprint = Blueprint("clock", __name__)


class ClockRequest(Control):
    """One thing for the clock to do: `freeze` takes true, or the time to stop at."""

    freeze = AnyOf(Bool(), Time())
    set = Time()
    advance = Float(validate=at_least(0))
    resume = Bool()

    def check(self, loaded: dict[str, Any]) -> None:
        """Ask for exactly one thing, and never for `false`."""
        if len(loaded) != 1:
            raise ValidationError("one of freeze, set, advance and resume is expected")
        for name, value in loaded.items():
            if value is False:
                raise ValidationError({name: ["true is expected"]})


CLOCK = ClockRequest()


@blueprint.get("/clock")
def show_clock() -> Response:
    """Answer the time, and whether the clock is frozen."""
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


def _clock() -> Clock:
    """Return the clock as it is now: another process may have changed it."""
    emulator = current_app.extensions["emulator"]
    with emulator.db.reading():
        clock: Clock = emulator.clock
    return clock

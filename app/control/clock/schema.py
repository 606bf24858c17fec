"""What the clock is told."""

from typing import Any

from marshmallow import ValidationError

from ...schemas.choices import AnyOf
from ...schemas.fields import Bool, Float, Time, at_least
from ..schema import Control


class ClockRequest(Control):
    """One thing that the clock shall do: `freeze` takes true or the time at which it stops."""

    freeze = AnyOf(Bool(), Time())
    set = Time()
    advance = Float(validate=at_least(0))
    resume = Bool()

    def check(self, loaded: dict[str, Any]) -> None:
        """Ask for one thing, and not for the contrary of one."""
        if len(loaded) != 1:
            raise ValidationError("one of freeze, set, advance and resume is expected")
        for name, value in loaded.items():
            if value is False:
                raise ValidationError({name: ["true is expected"]})

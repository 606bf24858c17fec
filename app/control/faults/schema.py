"""The shape of a fault rule: which requests it selects, what it does to them, and which of them it spares."""

from typing import Any

from marshmallow import ValidationError
from marshmallow.validate import Length

from ...schemas import problems
from ...schemas.choices import AnyOf
from ...schemas.fields import Bool, Float, Int, List, Str, at_least, non_empty
from ..shared import Control, between

MOST_SECONDS = 3600
ENDINGS = ("status", "cut", "truncate", "chunks")
"""What decides the answer: only one of them can apply to a request."""


class Distribution(Control):
    """Random seconds: between two numbers, or log-normal with the mean and deviation of the logarithm."""

    uniform = List(Float(validate=between(0, MOST_SECONDS)), validate=Length(equal=2, error="two numbers expected"))
    lognormal = List(Float(validate=between(-100, 100)), validate=Length(equal=2, error="two numbers expected"))

    def check(self, loaded: dict[str, Any]) -> None:
        """Ask for exactly one of the two, with its numbers in order."""
        if len(loaded) != 1:
            raise ValidationError("either uniform or lognormal is expected")
        if "uniform" in loaded and loaded["uniform"][0] > loaded["uniform"][1]:
            raise ValidationError({"uniform": ["the first number is above the second"]})
        if "lognormal" in loaded and not 0 <= loaded["lognormal"][1] <= 10:
            raise ValidationError({"lognormal": {1: ["ensure this value is between 0 and 10"]}})


class FaultEffect(Control):
    """What is done to a request; a delay can be combined with any of the others."""

    delay = AnyOf(Float(validate=between(0, MOST_SECONDS)), Distribution)
    status = Int(validate=between(400, 599))
    retry_after = Int(validate=between(0, 86_400))
    cut = Bool()
    truncate = Int(validate=at_least(0))
    chunks = Int(validate=at_least(0))

    def check(self, loaded: dict[str, Any]) -> None:
        """Ask for an effect, and for at most one that decides the answer."""
        endings = [name for name in ENDINGS if name in loaded and loaded[name] is not False]
        if len(endings) > 1:
            raise ValidationError({endings[1]: [f"cannot be combined with {endings[0]}"]})
        if not endings and "delay" not in loaded:
            raise ValidationError(f"{problems.REQUIRED}: delay, {', '.join(ENDINGS)}")
        if "retry_after" in loaded and "status" not in loaded:
            raise ValidationError({"retry_after": ["is only allowed with status"]})


class FaultRule(FaultEffect):
    """An effect, the requests that it selects (all of them by default), and which of those it spares."""

    method = Str(validate=non_empty())
    path = Str(validate=non_empty())
    operation = Str(validate=non_empty())
    organisation = Str(validate=non_empty())
    probability = Float(validate=between(0, 1))
    seed = Int()
    after = Int(validate=at_least(0))
    times = Int(validate=at_least(1))

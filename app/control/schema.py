"""What steers the emulator itself: shapes that refuse keys they do not know, for a misspelt one would do nothing."""

from typing import Any

import orjson
from marshmallow import ValidationError
from marshmallow.validate import Range

from ..schemas.base import Request
from ..schemas.choices import AnyOf
from ..schemas.fields import Bool, Checked, Float, Int, Nested, Str, Time, at_least
from ..schemas.values import strict


def between(least: float, most: float) -> Range:
    """Refuse numbers outside of these two."""
    return Range(min=least, max=most, error=f"ensure this value is between {least} and {most}")


class Control(Request):
    """A request that is always read strictly."""

    def _load_object(self, data: Any) -> Any:
        token = strict.set(True)
        try:
            loaded = super()._load_object(data)
        finally:
            strict.reset(token)
        self.check(loaded)
        return loaded

    def check(self, loaded: dict[str, Any]) -> None:
        """Raise ValidationError for fields that do not go together."""


class JsonText(Checked):
    """JSON in a parameter of a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise ValidationError(f"value is not valid JSON: {error}") from None


class JournalQuery(Control):
    """Which requests of the journal are shown; `query` and `body` are parts of what was sent, as JSON."""

    method = Str()
    path = Str()
    operation = Str()
    organisation = Str()
    status = Int()
    query = JsonText()
    body = JsonText()
    text = Str()
    unhandled = Bool()
    since = Int(validate=at_least(0))
    limit = Int(validate=at_least(0))


class JournalRequest(Control):
    """How many requests the journal shall keep."""

    size = Int(required=True, validate=at_least(0))


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


class Delay(Control):
    """After how many answers, and how many seconds of the clock, a status is shown."""

    after_reads = Int(validate=at_least(0))
    after_seconds = Float(validate=between(0, 10**9))


class TransitionsRequest(Control):
    """When finished Runs are shown as completed."""

    completed = Nested(Delay, required=True)

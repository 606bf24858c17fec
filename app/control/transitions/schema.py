"""When finished Runs are shown as completed."""

from ...schemas.fields import Float, Int, Nested, at_least
from ..schema import Control, between


class Delay(Control):
    """After how many answers, and how many seconds of the clock, a status is shown."""

    after_reads = Int(validate=at_least(0))
    after_seconds = Float(validate=between(0, 10**9))


class TransitionsRequest(Control):
    """When finished Runs are shown as completed."""

    completed = Nested(Delay, required=True)
